import { describe, expect, it } from 'vitest';
import { file, errorsOf, withRepository, withTarget } from './builders.ts';

/** The errors in a target with these lines, which begin on line 15 of the file. */
function inTarget(lines: string): readonly string[] {
  return errorsOf(withTarget(lines));
}

describe('an invalid headgate.yml', () => {
  it('is reported with all of its errors at once, in file order', () => {
    const errors = errorsOf(`clusters:
  lab: { kubeconfig: { contxt: lab } }
repositories:
  fleet:
    host: subversion
    url: git@github.com:acme/fleet.git
    webhookSecret: hunter2
targets:
  - name: Shop
    repository: flet
    branch: refs/heads/main
    path: ../prod
    cluster: lab
    wait: soon
    suspend: yes
    namespace: shop
  - name: blog
    branch: main
    branch: next
    repository: fleet
    cluster: lab
    namespace: blog
`);
    expect(errors).toEqual([
      'headgate.yml:2 kubeconfig.contxt of cluster lab is not a known key | Did you mean context?',
      'headgate.yml:5 host of repository fleet must be one of github, gitlab, gitea, forgejo, bitbucket, bitbucket-server, azure-devops, codecommit, git | Use git: the sweep then finds pushes without a webhook.',
      expect.stringMatching(/^headgate\.yml:6 url of repository fleet is not a valid URL \| .*SSH/),
      expect.stringMatching(/^headgate\.yml:7 webhookSecret of repository fleet must be a reference/),
      expect.stringMatching(/^headgate\.yml:9 name of target Shop is not a valid target name/),
      'headgate.yml:10 repository of target Shop refers to unknown repository flet | Did you mean fleet?',
      'headgate.yml:11 branch of target Shop must be a branch name, not a full ref | Write the name of a branch, such as main.',
      expect.stringMatching(/^headgate\.yml:12 path of target Shop must not contain \.\./),
      expect.stringMatching(/^headgate\.yml:14 wait of target Shop is not a valid duration/),
      'headgate.yml:15 suspend of target Shop must be true or false | Write true or false, without quotes.',
      'headgate.yml:19 branch is already set on line 18 | Remove one of the two.',
    ]);
  });

  it('is refused with secrets of a repository on CodeCommit, which AWS knows by the identity of the process', () => {
    const host = 'host: codecommit\n    url: https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet';
    const errors = (lines: string) => errorsOf(file({ repository: `${host}\n    ${lines}` }));
    expect(errors('credentials: iam')).toEqual([]);
    expect(errors('credentials: env:TOKEN\n    webhookSecret: env:SECRET\n    write: env:WRITE')).toEqual([
      'headgate.yml:8 credentials of repository fleet must be iam with host: codecommit | Write credentials: iam. The role of the functions, or of the machine, then reads the repository.',
      'headgate.yml:9 webhookSecret of repository fleet cannot be used with host: codecommit, whose pushes arrive as events of AWS | Remove it.',
      'headgate.yml:10 write of repository fleet must be iam with host: codecommit | Write write: iam. The role of the work function, or of the machine, then pushes.',
    ]);
    expect(errors('statuses: true')).toEqual([
      expect.stringMatching(/ credentials of repository fleet must be iam/),
      expect.stringMatching(/:8 statuses of repository fleet cannot be true with host: codecommit/),
    ]);
    expect(errors('credentials: iam\n    write: iam\n    record: refs')).toEqual([]);
    expect(errors('credentials: iam\n    record: refs')).toEqual([
      'headgate.yml:9 record of repository fleet requires write | Add write: iam, or remove record.',
    ]);
    const elsewhere = withRepository('credentials: iam\n    write: iam');
    expect(errorsOf(elsewhere)).toEqual([
      'headgate.yml:9 credentials of repository fleet cannot be iam with host: github | Write credentials: env:NAME, which refers to a token.',
      'headgate.yml:10 write of repository fleet cannot be iam with host: github | Write write: env:NAME, which refers to a token that may push.',
    ]);
    const url = file({
      repository: 'host: codecommit\n    url: https://codecommit.eu-west-1.amazonaws.com/fleet\n    credentials: iam',
    });
    expect(errorsOf(url)).toEqual([
      expect.stringContaining(':7 url of repository fleet does not end in /v1/repos/REPOSITORY'),
    ]);
  });

  it('is reported with its unknown keys even when a known key has the wrong type', () => {
    expect(inTarget('suspend: yes\n    foo: 1')).toEqual([
      expect.stringContaining(':15 suspend of target shop-prod must be true or false'),
      expect.stringContaining(':16 foo of target shop-prod is not a known key'),
    ]);
  });

  it.each(['name', 'repository', 'branch', 'cluster', 'namespace'])('is refused for a target without %s', (key) => {
    const lines = ['repository: fleet', 'branch: main', 'cluster: lab', 'namespace: shop', 'name: shop-prod'];
    const kept = lines.filter((line) => !line.startsWith(`${key}:`)).join('\n    ');
    const text = file({}).replace(/ {2}- name: shop-prod[^]*/, `  - ${kept}\n`);
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(
        new RegExp(`^headgate\\.yml:10 ${key} of target (shop-prod|number 1) is missing \\| Add ${key}: `),
      ),
    ]);
  });

  it.each(['host', 'url', 'webhookSecret'])('is refused for a repository on GitHub without %s', (key) => {
    const lines = ['host: github', 'url: https://github.com/acme/fleet.git', 'webhookSecret: env:A'];
    const repository = lines.filter((line) => !line.startsWith(key)).join('\n    ');
    expect(errorsOf(file({ repository }))).toEqual([
      expect.stringMatching(new RegExp(`^headgate\\.yml:[56] ${key} of repository fleet is missing \\| Add ${key}: `)),
    ]);
  });

  it('is refused for webhookHeader where the host signs its deliveries, and for an invalid name of a header', () => {
    const repository = 'host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: env:A\n    ';
    expect(errorsOf(file({ repository: `${repository}webhookHeader: X-Token` }))).toEqual([
      'headgate.yml:9 webhookHeader of repository fleet cannot be used with host: github, whose deliveries have their own proof of origin | Remove it; it works on azure-devops.',
    ]);
    expect(errorsOf(file({ repository: `${repository}webhookHeader: "X: Token"` }))).toContainEqual(
      expect.stringContaining(':9 webhookHeader of repository fleet is not a valid name of a header'),
    );
  });

  it.each(['clusters', 'repositories', 'targets'])('is refused without %s', (section) => {
    const text = file({}).replace(`${section}:`, `${section.slice(0, -1)}:`);
    expect(errorsOf(text)).toContain(
      `headgate.yml:${{ clusters: 1, repositories: 4, targets: 9 }[section]} ${section.slice(0, -1)} of the file is not a known key | Did you mean ${section}?`,
    );
    expect(errorsOf(text)).toContainEqual(expect.stringMatching(`^headgate.yml:1 ${section} of the file is missing`));
  });

  it.each([
    ['helm: { repository: "https://charts.example.com" }', 'helm.repository of target shop-prod requires helm.chart'],
    [
      'helm: { chart: web, repository: "https://charts.example.com" }',
      'helm.repository of target shop-prod requires helm.version',
    ],
    [
      'helm: { chart: web, version: 1.x, repository: "https://charts.example.com" }',
      'helm.version of target shop-prod is not an exact version',
    ],
    ['helm: { chart: web, version: 1.2.3 }', 'helm.version of target shop-prod requires helm.repository or helm.oci'],
    [
      'helm: { chart: web, version: 1.2.3, repository: "http://charts.example.com" }',
      'helm.repository of target shop-prod is not the https URL of a chart repository',
    ],
    ['helm: { values: [//etc/passwd] }', 'helm.values[0] of target shop-prod begins with a slash'],
    ['helm: { values: [/a/../b] }', 'helm.values[0] of target shop-prod must not contain ..'],
    ['helm: { values: ["a.yaml#b/c"] }', 'helm.values[0] of target shop-prod has an invalid key of a ConfigMap'],
    ['helm: { chart: ../other }', 'helm.chart of target shop-prod must not contain ..'],
    [
      'kustomize: { remoteBases: ["https://github.com"] }',
      'kustomize.remoteBases[0] of target shop-prod is not a valid host name',
    ],
    ['kustomize: { loadRestrictor: nothing }', 'kustomize.loadRestrictor of target shop-prod'],
    ['substitute: { variables: { 1a: x } }', 'substitute.variables'],
    ['substitute: { variables: { A: [x] } }', 'substitute.variables'],
    ['substitute: { from: x }', 'substitute'],
  ])('is refused for %s', (line, message) => {
    expect(inTarget(line)).toContainEqual(expect.stringContaining(message));
  });

  it('is refused for decryption without a key, and for a key in the file itself, which is not quoted', () => {
    expect(errorsOf(withTarget('decryption: {}'))).toEqual([
      'headgate.yml:15 decryption of target shop-prod has no key | Add age: env:AGE_KEY, or kms: true.',
    ]);
    const errors = errorsOf(withTarget('decryption: { age: AGE-SECRET-KEY-1PLANTED, kmz: true }'));
    expect(errors).toEqual([
      expect.stringContaining('decryption.kmz of target shop-prod is not a known key'),
      expect.stringContaining('decryption.age of target shop-prod must be a reference to a secret'),
    ]);
    expect(errors.join('')).not.toContain('PLANTED');
  });

  it.each([
    ['inputs: apps', 'inputs of target shop-prod must be a list'],
    ['inputs: [/apps]', 'inputs[0] of target shop-prod begins with a slash'],
    ['inputs: [apps, "a\\\\b"]', 'inputs[1] of target shop-prod contains a backslash'],
    ['path: ""', 'path of target shop-prod is empty'],
    ['path: /clusters', 'path of target shop-prod begins with a slash'],
    ['path: a/../b', 'path of target shop-prod must not contain ..'],
    ['path:', 'path of target shop-prod is empty'],
    ['path: 12', 'path of target shop-prod must be a string'],
    ['namespaces: []', 'namespaces of target shop-prod is empty'],
    ['namespaces: [shop, "*"]', 'namespaces of target shop-prod combines * with other names'],
    ['namespaces: [Shop]', 'namespaces[0] of target shop-prod is not a valid namespace'],
    ['serviceAccount: deployer', 'serviceAccount of target shop-prod is not a valid service account'],
    ['role: admin', 'role of target shop-prod is not the ARN of an IAM role'],
    ['clusterScoped: "true"', 'clusterScoped of target shop-prod must be true or false'],
    ['prune: { limit: -1 }', 'prune.limit of target shop-prod is out of range'],
    ['prune: { limit: 1.5 }', 'prune.limit of target shop-prod must be an integer'],
    ['prune: { limits: 1 }', 'prune.limits of target shop-prod is not a known key | Did you mean limit?'],
    ['prune: { kinds: [Pod] }', 'prune.kinds[0] of target shop-prod is not a protected kind'],
    ['prune: true', 'prune of target shop-prod must be a map'],
    ['wait: 5', 'wait of target shop-prod is not a valid duration'],
    ['wait: 5 m', 'wait of target shop-prod is not a valid duration'],
    ['wait: 169h', 'wait of target shop-prod is not a valid duration'],
    ['conflicts: ask', 'conflicts of target shop-prod must be force or fail'],
    ['drift: on', 'drift of target shop-prod must be correct, report or off'],
    ['ignore: [{ kind: Pod }]', 'ignore[0].paths of target shop-prod is missing'],
    ['ignore: [{ paths: [] }]', 'ignore[0].paths of target shop-prod is empty'],
    ['ignore: [{ paths: [spec.replicas] }]', 'ignore[0].paths[0] of target shop-prod is not a JSON pointer'],
    ['ignore: [{ paths: [/a~2] }]', 'ignore[0].paths[0] of target shop-prod is not a JSON pointer'],
    ['exclude: [../x]', 'exclude[0] of target shop-prod leaves the path'],
    ['exclude: [docs/]', 'exclude[0] of target shop-prod matches no file: use docs/** for'],
    ['exclude: ["!a"]', 'exclude[0] of target shop-prod begins with !'],
    [`exclude: ["${'*a'.repeat(11)}"]`, 'exclude[0] of target shop-prod has more than 10 wildcards'],
    ['dependsOn: [shop-prod]', 'dependsOn[0] of target shop-prod is the target itself'],
    ['dependsOn: [infra]', 'dependsOn[0] of target shop-prod refers to unknown target infra'],
    ['clusterscoped: true', 'clusterscoped of target shop-prod is not a known key | Did you mean clusterScoped?'],
    ['__proto__: { a: 1 }', '__proto__ is not a known key'],
  ])('is refused for %s, with nothing else reported', (lines, message) => {
    const errors = inTarget(lines);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.replace('headgate.yml:15 ', '')).toMatch(
      new RegExp(`^${message.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`),
    );
  });

  it.each([
    '',
    'a b',
    'a..b',
    '-a',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a.lock',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a[',
    '@',
    'a@{1}',
    'a.',
  ])('is refused for the branch "%s", which Git does not allow', (branch) => {
    const target = `repository: fleet\n    branch: ${JSON.stringify(branch)}\n    cluster: lab\n    namespace: shop`;
    expect(errorsOf(file({ target }))).toEqual([
      expect.stringMatching(/^headgate\.yml:12 branch of target shop-prod /),
    ]);
  });

  it.each([
    ['statuses: true', 'statuses of repository fleet requires credentials'],
    ['api: ftp://api.example.com', 'api of repository fleet must begin with https://'],
    ['api: http://api.example.com', 'api of repository fleet is not encrypted'],
    [
      'credentials: { app: x, installation: 1, privateKey: file:a }',
      'credentials.app of repository fleet is not a number',
    ],
    ['credentials: { app: 1, installation: 1 }', 'credentials.privateKey of repository fleet must be a reference'],
    [
      'credentials: { app: 1, instalation: 1, installation: 1, privateKey: env:A }',
      'credentials.instalation of repository fleet is not a known key',
    ],
    ['caFile: ""', 'caFile of repository fleet is empty'],
    ['id: ""', 'id of repository fleet is empty'],
    ['id: [1]', 'id of repository fleet must be a string or an integer'],
  ])('is refused for %s in a repository', (lines, message) => {
    expect(errorsOf(withRepository(lines))).toEqual([expect.stringContaining(`headgate.yml:9 ${message}`)]);
  });

  it.each([
    ['http://127.example.com/acme/fleet.git', 'is not encrypted'],
    ['https://github.com/fleet.git', 'does not end in owner/repository'],
    ['https://github.com/acme/fleet.git?token=1', 'has a query or a fragment'],
    ['ssh://git@github.com/acme/fleet.git', 'contains a user or a password'],
    ['file:///srv/acme/fleet.git', 'is not a valid URL'],
  ])('is refused for the URL %s', (url, message) => {
    const repository = `host: github\n    url: ${url}\n    webhookSecret: env:A`;
    expect(errorsOf(file({ repository }))).toEqual([
      expect.stringContaining(`headgate.yml:7 url of repository fleet ${message}`),
    ]);
  });

  it('is refused for statuses and an App on a plain Git server', () => {
    const repository = `host: git
    url: https://git.example.com/fleet.git
    statuses: true
    credentials: { app: 1, installation: 2, privateKey: env:KEY }`;
    expect(errorsOf(file({ repository })).map((error) => error.split(' | ')[0])).toEqual([
      'headgate.yml:8 statuses of repository fleet cannot be true with host: git, which has no commit statuses',
      'headgate.yml:9 credentials of repository fleet cannot be an App with host: git',
    ]);
  });

  it.each([
    ['eks: { name: prod, region: eu-west-1 }\n    kubeconfig: {}', 3, 'eks of cluster lab cannot be combined with'],
    ['insecure: true', 2, 'cluster lab must have kubeconfig or eks'],
    ['eks: { name: prod, region: Ireland }', 3, 'eks.region of cluster lab is not a valid AWS region'],
    ['eks: { name: prod }', 3, 'eks.region of cluster lab is missing'],
    [
      'eks: { name: prod, region: eu-west-1, rolle: x }',
      3,
      'eks.rolle of cluster lab is not a known key | Did you mean role?',
    ],
    ['kubeconfig: { path: "" }', 3, 'kubeconfig.path of cluster lab is empty'],
    ['kubeconfig: ./kubeconfig', 3, 'kubeconfig of cluster lab must be a map'],
    ['kubeconfig: { path: a, secret: env:B }', 3, 'kubeconfig.secret of cluster lab cannot be combined with path'],
    ['kubeconfig: { secret: hunter2 }', 3, 'kubeconfig.secret of cluster lab must be a reference to a secret'],
  ])('is refused for the cluster %s', (cluster, line, message) => {
    const errors = errorsOf(file({ cluster }));
    expect(errors).toEqual([expect.stringContaining(`:${line} ${message}`)]);
  });

  it.each([
    ['{ region: Ireland }', 'aws.region of the file is not a valid AWS region | Write it as eu-west-1.'],
    ['{ stage: Prod }', 'aws.stage of the file is not a valid stage'],
    ['{ regoin: eu-west-1 }', 'aws.regoin of the file is not a known key | Did you mean region?'],
  ])('is refused for aws: %s', (aws, message) => {
    expect(errorsOf(`${file({})}\naws: ${aws}\n`)).toEqual([expect.stringContaining(message)]);
  });

  it('is refused for a second target with the same name', () => {
    const end = '  - name: shop-prod\n    repository: fleet\n    branch: next\n    cluster: lab\n    namespace: shop\n';
    expect(errorsOf(file({ end }))).toEqual([
      'headgate.yml:15 name of target shop-prod is already used by another target | Give each target a unique name.',
    ]);
  });

  it('is refused for a repository name that is not URL-safe', () => {
    const text = file({}).replaceAll('fleet:', 'my fleet:').replace('repository: fleet', 'repository: my fleet');
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(/^headgate\.yml:5 repository my fleet does not have a valid name/),
    ]);
  });

  it.each([
    ['', 'the file is empty'],
    ['# nothing\n', 'the file is empty'],
    ['[1]', 'the file must be a map'],
    ['a: 1\n---\nb: 2', 'a second YAML document begins'],
    ['a: *b', 'an alias (*name) has no anchor before it'],
    ['a: !secret b', 'a YAML tag (!name) is unknown'],
    ['a:\n\t- b', 'the line is indented with a tab'],
    ['a: @b', 'a value begins with a character reserved by YAML'],
    ['a: "b', 'the YAML cannot be parsed'],
    ['['.repeat(100_000), 'the YAML cannot be parsed'],
    [`a: ${'x'.repeat(1024 * 1024)}`, 'the file is larger than 1 MB'],
    [
      `a: &a [x]\n${Array.from({ length: 9 }, (_, n) => `${'bcdefghij'[n]}: &${'bcdefghij'[n]} [${`*${'abcdefghi'[n]},`.repeat(9)}]`).join('\n')}`,
      'too many aliases',
    ],
  ])('is refused when it is not a YAML map within the limits, case %#', (text, message) => {
    expect(errorsOf(text)[0]).toContain(message);
  });
});

describe('a secret in the file', () => {
  const SECRET = 'hunter2-s3cr3t';
  it.each([
    ['webhookSecret', `host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: ${SECRET}`],
    ['a list', `host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: [env:A, "${SECRET}"]`],
    ['a broken list', `host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: ["${SECRET}`],
    ['a tag', `host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: !${SECRET}`],
    ['an alias', `host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: *${SECRET}`],
    ['credentials', `host: git\n    url: https://github.com/acme/fleet.git\n    credentials: ${SECRET}`],
    [
      'privateKey',
      `host: github\n    url: https://g.example/a/b\n    webhookSecret: env:A\n    credentials: { app: 1, installation: 1, privateKey: ${SECRET} }`,
    ],
    ['url', `host: git\n    url: https://ada:${SECRET}@github.com/acme/fleet.git`],
    ['a broken url', `host: git\n    url: https://ada:${SECRET}@github.com:x/acme/fleet.git`],
    ['a query', `host: git\n    url: https://github.com/acme/fleet.git?token=${SECRET}`],
    ['host', `host: https://ada:${SECRET}@github.com\n    url: https://github.com/acme/fleet.git`],
  ])('is refused and not quoted, as %s', (_field, repository) => {
    const errors = errorsOf(file({ repository }));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.join('\n')).not.toContain('hunter2');
  });

  it('is not quoted when it is in place of a repository name', () => {
    const target = `repository: https://ada:${SECRET}@github.com/a/b\n    branch: main\n    cluster: lab\n    namespace: shop`;
    expect(errorsOf(file({ target }))).toEqual([
      expect.stringMatching(/^headgate\.yml:11 repository of target shop-prod is not a valid repository name/),
    ]);
  });
});

it('reports a dependency cycle in headgate.yml once, at its first target', () => {
  const target = (name: string, on: string) =>
    `  - { name: ${name}, repository: fleet, branch: main, cluster: lab, namespace: shop, dependsOn: [${on}] }\n`;
  const text = file({ end: target('a', 'b') + target('b', 'c, shop-prod') + target('c', 'a') });
  expect(errorsOf(text)).toEqual([
    expect.stringMatching(/^headgate\.yml:15 dependsOn of target a forms a cycle: a → b → c → a/),
  ]);
});
