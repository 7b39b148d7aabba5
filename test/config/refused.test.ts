import { describe, expect, it } from 'vitest';
import { file, mistakesOf, withRepository, withTarget } from './builders.ts';

/** What is wrong with a target's own lines: the first of them is line 15 of the file. */
function inTarget(lines: string): readonly string[] {
  return mistakesOf(withTarget(lines));
}

describe('headgate.yml names every mistake with file, line and remedy', () => {
  it('reports ten mistakes at once, in the order of the file', () => {
    const mistakes = mistakesOf(`clusters:
  lab: { kubeconfig: { contxt: lab } }
repositories:
  fleet:
    host: gitlab
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
    expect(mistakes).toEqual([
      'headgate.yml:2 kubeconfig.contxt of cluster lab is not a known key | Did you mean context?',
      'headgate.yml:5 host of repository fleet is gitlab, which is not supported yet | Write git: pushes are then found by the sweep, without a webhook.',
      expect.stringMatching(/^headgate\.yml:6 url of repository fleet is no address \| .*SSH/),
      expect.stringMatching(/^headgate\.yml:7 webhookSecret of repository fleet must be a reference/),
      expect.stringMatching(/^headgate\.yml:9 name of target Shop is no name of a target/),
      'headgate.yml:10 repository of target Shop is flet, and there is no such repository | Did you mean fleet?',
      'headgate.yml:11 branch of target Shop is a whole ref | Write the name of the branch alone, such as main.',
      expect.stringMatching(/^headgate\.yml:12 path of target Shop has \.\. in it/),
      expect.stringMatching(/^headgate\.yml:14 wait of target Shop is no duration/),
      'headgate.yml:15 suspend of target Shop must be true or false | Write true or false, without quotes.',
      'headgate.yml:19 branch is written twice, first on line 18 | Keep one of the two.',
    ]);
  });

  it('finds an unknown key beside a known one of the wrong type', () => {
    expect(inTarget('suspend: yes\n    foo: 1')).toEqual([
      expect.stringContaining(':15 suspend of target shop-prod must be true or false'),
      expect.stringContaining(':16 foo of target shop-prod is not a known key'),
    ]);
  });

  it.each(['name', 'repository', 'branch', 'cluster', 'namespace'])('misses %s of a target', (key) => {
    const lines = ['repository: fleet', 'branch: main', 'cluster: lab', 'namespace: shop', 'name: shop-prod'];
    const kept = lines.filter((line) => !line.startsWith(`${key}:`)).join('\n    ');
    const text = file({}).replace(/ {2}- name: shop-prod[^]*/, `  - ${kept}\n`);
    expect(mistakesOf(text)).toEqual([
      expect.stringMatching(
        new RegExp(`^headgate\\.yml:10 ${key} of target (shop-prod|number 1) is missing \\| Add ${key}: `),
      ),
    ]);
  });

  it.each(['host', 'url', 'webhookSecret'])('misses %s of a repository on GitHub', (key) => {
    const lines = ['host: github', 'url: https://github.com/acme/fleet.git', 'webhookSecret: env:A'];
    const repository = lines.filter((line) => !line.startsWith(key)).join('\n    ');
    expect(mistakesOf(file({ repository }))).toEqual([
      expect.stringMatching(new RegExp(`^headgate\\.yml:[56] ${key} of repository fleet is missing \\| Add ${key}: `)),
    ]);
  });

  it.each(['clusters', 'repositories', 'targets'])('misses %s', (section) => {
    const text = file({}).replace(`${section}:`, `${section.slice(0, -1)}:`);
    expect(mistakesOf(text)).toContain(
      `headgate.yml:${{ clusters: 1, repositories: 4, targets: 9 }[section]} ${section.slice(0, -1)} of the file is not a known key | Did you mean ${section}?`,
    );
    expect(mistakesOf(text)).toContainEqual(expect.stringMatching(`^headgate.yml:1 ${section} of the file is missing`));
  });

  it.each([
    [
      'helm: { repository: "https://charts.example.com" }',
      'helm.repository of target shop-prod has no chart beside it',
    ],
    [
      'helm: { chart: web, repository: "https://charts.example.com" }',
      'helm.repository of target shop-prod has no version beside it',
    ],
    [
      'helm: { chart: web, version: 1.x, repository: "https://charts.example.com" }',
      'helm.version of target shop-prod is no exact version',
    ],
    ['helm: { chart: web, version: 1.2.3 }', 'helm.version of target shop-prod has no repository or oci beside it'],
    [
      'helm: { chart: web, version: 1.2.3, repository: "http://charts.example.com" }',
      'helm.repository of target shop-prod is no https address of a chart repository',
    ],
    ['helm: { values: [/etc/passwd] }', 'helm.values[0] of target shop-prod begins with a slash'],
    ['helm: { chart: ../other }', 'helm.chart of target shop-prod has .. in it'],
    [
      'kustomize: { remoteBases: ["https://github.com"] }',
      'kustomize.remoteBases[0] of target shop-prod is no name of a host',
    ],
    ['kustomize: { loadRestrictor: nothing }', 'kustomize.loadRestrictor of target shop-prod'],
    ['substitute: { variables: { 1a: x } }', 'substitute.variables'],
    ['substitute: { variables: { A: [x] } }', 'substitute.variables'],
    ['substitute: { from: x }', 'substitute'],
  ])('refuses %s', (line, message) => {
    expect(inTarget(line)).toContainEqual(expect.stringContaining(message));
  });

  it('refuses a decryption without a key, and a key that stands in the file itself, which it does not repeat', () => {
    expect(mistakesOf(withTarget('decryption: {}'))).toEqual([
      'headgate.yml:15 decryption of target shop-prod names no key | Add age: env:AGE_KEY, or kms: true.',
    ]);
    const mistakes = mistakesOf(withTarget('decryption: { age: AGE-SECRET-KEY-1PLANTED, kmz: true }'));
    expect(mistakes).toEqual([
      expect.stringContaining('decryption.kmz of target shop-prod is not a known key'),
      expect.stringContaining('decryption.age of target shop-prod must be a reference to a secret'),
    ]);
    expect(mistakes.join('')).not.toContain('PLANTED');
  });

  it.each([
    ['inputs: apps', 'inputs of target shop-prod must be a list'],
    ['inputs: [/apps]', 'inputs[0] of target shop-prod begins with a slash'],
    ['inputs: [apps, "a\\\\b"]', 'inputs[1] of target shop-prod has a backslash'],
    ['path: ""', 'path of target shop-prod is empty'],
    ['path: /clusters', 'path of target shop-prod begins with a slash'],
    ['path: a/../b', 'path of target shop-prod has .. in it'],
    ['path:', 'path of target shop-prod is empty'],
    ['path: 12', 'path of target shop-prod must be text'],
    ['namespaces: []', 'namespaces of target shop-prod is empty'],
    ['namespaces: [shop, "*"]', 'namespaces of target shop-prod has * beside other names'],
    ['namespaces: [Shop]', 'namespaces[0] of target shop-prod is no name of a namespace'],
    ['serviceAccount: deployer', 'serviceAccount of target shop-prod is no service account'],
    ['role: admin', 'role of target shop-prod is no ARN of an IAM role'],
    ['clusterScoped: "true"', 'clusterScoped of target shop-prod must be true or false'],
    ['prune: { limit: -1 }', 'prune.limit of target shop-prod is out of range'],
    ['prune: { limit: 1.5 }', 'prune.limit of target shop-prod must be a whole number'],
    ['prune: { limits: 1 }', 'prune.limits of target shop-prod is not a known key | Did you mean limit?'],
    ['prune: { kinds: [Pod] }', 'prune.kinds[0] of target shop-prod is no protected kind'],
    ['prune: true', 'prune of target shop-prod must be a map'],
    ['wait: 5', 'wait of target shop-prod must be text'],
    ['wait: 5 m', 'wait of target shop-prod is no duration'],
    ['wait: 169h', 'wait of target shop-prod is no duration'],
    ['conflicts: ask', 'conflicts of target shop-prod must be force or fail'],
    ['drift: on', 'drift of target shop-prod must be correct or report or off'],
    ['ignore: [{ kind: Pod }]', 'ignore[0].paths of target shop-prod is missing'],
    ['ignore: [{ paths: [] }]', 'ignore[0].paths of target shop-prod is empty'],
    ['ignore: [{ paths: [spec.replicas] }]', 'ignore[0].paths[0] of target shop-prod is no JSON pointer'],
    ['ignore: [{ paths: [/a~2] }]', 'ignore[0].paths[0] of target shop-prod is no JSON pointer'],
    ['exclude: [../x]', 'exclude[0] of target shop-prod leaves the path'],
    ['exclude: [docs/]', 'exclude[0] of target shop-prod matches no file: write docs/** for'],
    ['exclude: ["!a"]', 'exclude[0] of target shop-prod begins with !'],
    [`exclude: ["${'*a'.repeat(11)}"]`, 'exclude[0] of target shop-prod has more than 10 wildcards'],
    ['dependsOn: [shop-prod]', 'dependsOn[0] of target shop-prod is the target itself'],
    ['dependsOn: [infra]', 'dependsOn[0] of target shop-prod is infra, and there is no such target'],
    ['clusterscoped: true', 'clusterscoped of target shop-prod is not a known key | Did you mean clusterScoped?'],
    ['__proto__: { a: 1 }', '__proto__ is not a known key'],
  ])('refuses %s', (lines, message) => {
    const mistakes = inTarget(lines);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.replace('headgate.yml:15 ', '')).toMatch(
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
  ])('refuses the branch "%s", as Git does', (branch) => {
    const target = `repository: fleet\n    branch: ${JSON.stringify(branch)}\n    cluster: lab\n    namespace: shop`;
    expect(mistakesOf(file({ target }))).toEqual([
      expect.stringMatching(/^headgate\.yml:12 branch of target shop-prod /),
    ]);
  });

  it.each([
    ['statuses: true', 'statuses of repository fleet needs credentials'],
    ['api: ftp://api.example.com', 'api of repository fleet begins with another protocol'],
    ['api: http://api.example.com', 'api of repository fleet is not encrypted'],
    [
      'credentials: { app: x, installation: 1, privateKey: file:a }',
      'credentials.app of repository fleet is no number',
    ],
    ['credentials: { app: 1, installation: 1 }', 'credentials.privateKey of repository fleet must be a reference'],
    [
      'credentials: { app: 1, instalation: 1, installation: 1, privateKey: env:A }',
      'credentials.instalation of repository fleet is not a known key',
    ],
    ['caFile: ""', 'caFile of repository fleet is empty'],
    ['id: ""', 'id of repository fleet is empty'],
    ['id: [1]', 'id of repository fleet must be text or a whole number'],
  ])('refuses %s of a repository', (lines, message) => {
    expect(mistakesOf(withRepository(lines))).toEqual([expect.stringContaining(`headgate.yml:9 ${message}`)]);
  });

  it.each([
    ['http://127.example.com/acme/fleet.git', 'is not encrypted'],
    ['https://github.com/fleet.git', 'does not end in an owner and a repository'],
    ['https://github.com/acme/fleet.git?token=1', 'has a query or a fragment'],
    ['ssh://git@github.com/acme/fleet.git', 'contains a user or a password'],
    ['file:///srv/acme/fleet.git', 'is no address'],
  ])('refuses the address %s', (url, message) => {
    const repository = `host: github\n    url: ${url}\n    webhookSecret: env:A`;
    expect(mistakesOf(file({ repository }))).toEqual([
      expect.stringContaining(`headgate.yml:7 url of repository fleet ${message}`),
    ]);
  });

  it('refuses statuses and GitHub Apps on a plain Git server', () => {
    const repository = `host: git
    url: https://git.example.com/fleet.git
    statuses: true
    credentials: { app: 1, installation: 2, privateKey: env:KEY }`;
    expect(mistakesOf(file({ repository })).map((mistake) => mistake.split(' | ')[0])).toEqual([
      'headgate.yml:8 statuses of repository fleet cannot be true: a plain Git server shows no statuses',
      'headgate.yml:9 credentials of repository fleet is a GitHub App, and the host is git',
    ]);
  });

  it.each([
    ['eks: { name: prod, region: eu-west-1 }\n    kubeconfig: {}', 3, 'eks of cluster lab stands beside kubeconfig'],
    ['insecure: true', 2, 'cluster lab has neither kubeconfig nor eks'],
    ['eks: { name: prod, region: Ireland }', 3, 'eks.region of cluster lab is no AWS region'],
    ['eks: { name: prod }', 3, 'eks.region of cluster lab is missing'],
    [
      'eks: { name: prod, region: eu-west-1, rolle: x }',
      3,
      'eks.rolle of cluster lab is not a known key | Did you mean role?',
    ],
    ['kubeconfig: { path: "" }', 3, 'kubeconfig.path of cluster lab is empty'],
    ['kubeconfig: ./kubeconfig', 3, 'kubeconfig of cluster lab must be a map'],
  ])('refuses the cluster %s', (cluster, line, message) => {
    const mistakes = mistakesOf(file({ cluster }));
    expect(mistakes).toEqual([expect.stringContaining(`:${line} ${message}`)]);
  });

  it('refuses a second target of the same name', () => {
    const end = '  - name: shop-prod\n    repository: fleet\n    branch: next\n    cluster: lab\n    namespace: shop\n';
    expect(mistakesOf(file({ end }))).toEqual([
      'headgate.yml:15 name of target shop-prod is taken by another target | Give each target a name of its own.',
    ]);
  });

  it('refuses names of clusters and repositories that fit into no address', () => {
    const text = file({}).replaceAll('fleet:', 'my fleet:').replace('repository: fleet', 'repository: my fleet');
    expect(mistakesOf(text)).toEqual([
      expect.stringMatching(/^headgate\.yml:5 repository my fleet has no proper name/),
    ]);
  });

  it.each([
    ['', 'the file is empty'],
    ['# nothing\n', 'the file is empty'],
    ['[1]', 'the file must be a map'],
    ['a: 1\n---\nb: 2', 'a second YAML document begins'],
    ['a: *b', 'an alias (*name) has no anchor before it'],
    ['a: !secret b', 'a YAML tag (!name) is not known'],
    ['a:\n\t- b', 'a tab indents the line'],
    ['a: @b', 'a value begins with a character that YAML reserves'],
    ['a: "b', 'the YAML cannot be read'],
    ['['.repeat(100_000), 'the YAML cannot be read'],
    [`a: ${'x'.repeat(1024 * 1024)}`, 'the file is larger than 1 MB'],
    [
      `a: &a [x]\n${Array.from({ length: 9 }, (_, n) => `${'bcdefghij'[n]}: &${'bcdefghij'[n]} [${`*${'abcdefghi'[n]},`.repeat(9)}]`).join('\n')}`,
      'too many aliases',
    ],
  ])('refuses what is no configuration, case %#', (text, message) => {
    expect(mistakesOf(text)[0]).toContain(message);
  });
});

describe('a secret that stands in the file by mistake', () => {
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
  ])('is refused and not repeated: %s', (_place, repository) => {
    const mistakes = mistakesOf(file({ repository }));
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes.join('\n')).not.toContain('hunter2');
  });

  it('is not repeated when it stands for the name of a repository', () => {
    const target = `repository: https://ada:${SECRET}@github.com/a/b\n    branch: main\n    cluster: lab\n    namespace: shop`;
    expect(mistakesOf(file({ target }))).toEqual([
      expect.stringMatching(/^headgate\.yml:11 repository of target shop-prod is no name/),
    ]);
  });
});

it('headgate.yml refuses targets that depend on each other in a circle, once, at the first of them', () => {
  const target = (name: string, on: string) =>
    `  - { name: ${name}, repository: fleet, branch: main, cluster: lab, namespace: shop, dependsOn: [${on}] }\n`;
  const text = file({ end: target('a', 'b') + target('b', 'c, shop-prod') + target('c', 'a') });
  expect(mistakesOf(text)).toEqual([
    expect.stringMatching(/^headgate\.yml:15 dependsOn of target a leads back to it: a → b → c → a/),
  ]);
});
