import { describe, expect, it } from 'vitest';
import { parseImageReference } from '../../src/config/images/image-reference.ts';
import { unbuiltKeys } from '../../src/config/derived/unbuilt.ts';
import { configOf, errorsOf, file, read } from './builders.ts';
import type { ImagePolicy } from '../../src/config/checked/config.ts';

const WRITABLE = `host: github
    url: https://github.com/acme/fleet.git
    webhookSecret: env:FLEET_WEBHOOK_SECRET
    write: env:FLEET_WRITE_TOKEN`;
const WEB = `name: web
    image: ghcr.io/acme/web
    policy: { semver: "^1.2.0" }
    writes: [{ repository: fleet, branch: main }]`;

/** A file whose image has these keys in place of the same ones of a valid image. */
function withImage(...lines: readonly string[]): string {
  const keys = new Set(lines.map((line) => /^\w+/.exec(line)?.[0]));
  const kept = WEB.split('\n').filter((line) => !keys.has(/\w+/.exec(line)?.[0]));
  const image = [...kept.map((line) => line.trim()), ...lines].join('\n    ');
  return file({ repository: WRITABLE, end: `images:\n  - ${image}\n` });
}

function imageOf(...lines: readonly string[]): ImagePolicy | undefined {
  return configOf(withImage(...lines)).images.get('web');
}

describe('an image of headgate.yml', () => {
  it('becomes the checked form with every default filled in', () => {
    const config = configOf(withImage());
    expect(config.images.get('web')).toEqual({
      name: 'web',
      image: { registry: 'ghcr.io', repository: 'acme/web' },
      policy: { kind: 'semver', range: '^1.2.0' },
      credentials: null,
      webhook: null,
      intervalMs: 300_000,
      debounceMs: 10_000,
      jsonPaths: [],
      commit: { author: { name: 'headgate', email: 'headgate@localhost' }, message: null, signingKey: null },
      afterRevert: 'skip',
      writes: [
        {
          repository: config.repositories.get('fleet'),
          via: 'commit',
          branch: 'main',
          ref: 'refs/heads/main',
          paths: [{ glob: '**', alternatives: [[null, '']] }],
        },
      ],
    });
    expect(config.repositories.get('fleet')?.write).toEqual({ kind: 'env', name: 'FLEET_WRITE_TOKEN' });
  });

  it('keeps every key that is set', () => {
    const image = imageOf(
      'policy: { newest: "^main-(?P<time>[0-9]+)$", by: time, order: numerical }',
      'credentials: { username: ada, password: env:PASSWORD }',
      'webhook: { kind: harbor, secret: [env:NEW, env:OLD] }',
      'interval: 0s',
      'debounce: 15m',
      'jsonPaths: [{ kind: Widget, path: /spec/image }]',
      'commit: { author: "Ada L. <ada@example.com>", message: "{{changes}}", signingKey: "file:key" }',
      'afterRevert: hold',
      'writes: [{ repository: fleet, branch: next, paths: ["apps/*.yaml"], via: commit }]',
    );
    expect(image).toMatchObject({
      policy: { kind: 'newest', pattern: '^main-(?<time>[0-9]+)$', by: 'time', order: 'numerical' },
      credentials: { kind: 'password', username: 'ada', password: { kind: 'env', name: 'PASSWORD' } },
      webhook: { kind: 'harbor', secrets: [{ name: 'NEW' }, { name: 'OLD' }] },
      intervalMs: 0,
      debounceMs: 900_000,
      jsonPaths: [{ kind: 'Widget', path: '/spec/image' }],
      commit: {
        author: { name: 'Ada L.', email: 'ada@example.com' },
        message: '{{changes}}',
        signingKey: { kind: 'file', path: '/etc/headgate/key' },
      },
      afterRevert: 'hold',
      writes: [{ branch: 'next', paths: [{ glob: 'apps/*.yaml' }] }],
    });
  });

  it.each([
    ['policy: { digest: stable }', { policy: { kind: 'digest', tag: 'stable' } }],
    ['credentials: env:TOKEN', { credentials: { kind: 'password', username: null, password: { name: 'TOKEN' } } }],
  ])('accepts %s', (line, expected) => {
    expect(imageOf(line)).toMatchObject(expected);
  });

  it('accepts the login of ECR for an image in a private registry of ECR', () => {
    const image = 'image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web';
    expect(imageOf(image, 'credentials: ecr')).toMatchObject({ credentials: { kind: 'ecr' } });
  });

  it.each([
    ['policy: { semver: ">=1.2, <2" }', 'policy.semver of image web separates its conditions with a comma'],
    ['policy: { semver: latest }', 'policy.semver of image web is not a range of versions'],
    ['policy: {}', 'policy of image web has no rule'],
    ['policy: { semver: 1.x, digest: stable }', 'policy.digest of image web cannot be combined with semver'],
    ['policy: { semver: 1.x, order: semver }', 'policy.order of image web requires newest'],
    [
      'policy: { newest: "(", order: numerical }',
      'policy.newest of image web is not a valid regular expression: unterminated group | Write a regular expression',
    ],
    ['policy: { newest: "[0-9]+" }', 'policy.order of image web is missing | Add order: numerical'],
    [
      'policy: { newest: "(?<time>[0-9]+)", by: tme, order: numerical }',
      'policy.by of image web is not a named group of newest | Use one of time.',
    ],
    [
      'policy: { newest: "[0-9]+", by: time, order: numerical }',
      'policy.by of image web is not a named group of newest | Name the part of the tag',
    ],
    ['policy: { digest: "a/b" }', 'policy.digest of image web is not a valid tag'],
    ['image: "ghcr.io/acme/web:1.2"', 'image of image web has a tag or a digest'],
    ['image: "https://ghcr.io/acme/web"', 'image of image web is not the name of an image'],
    ['image: ghcr.io/Acme/web', 'image of image web is not the name of an image'],
    ['credentials: hunter2', 'credentials of image web must be a reference to a secret'],
    ['credentials: ecr', 'credentials of image web is ecr, but the image is not in a private registry of ECR'],
    ['credentials: { username: ada }', 'credentials.password of image web must be a reference to a secret'],
    ['webhook: { kind: ghcr }', 'webhook.secret of image web is missing'],
    ['webhook: { kind: nexus, secret: env:A }', 'webhook.kind of image web must be ghcr, dockerhub, harbor'],
    ['interval: 5', 'interval of image web is not a valid duration'],
    ['debounce: 15m1s', 'debounce of image web is too long | Write at most 15m.'],
    ['commit: { author: ada }', 'commit.author of image web is not an author'],
    ['commit: { signingKey: hunter2 }', 'commit.signingKey of image web must be a reference to a secret'],
    ['writes: []', 'writes of image web is empty'],
    [
      'writes: [{ repository: flet, branch: main }]',
      'writes[0].repository of image web refers to unknown repository flet | Did you mean fleet?',
    ],
    [
      'writes: [{ repository: fleet, branch: main, via: push }]',
      'writes[0].via of image web must be commit, pullRequest or api',
    ],
    [
      'writes: [{ repository: fleet, branch: main, paths: ["../**"] }]',
      'writes[0].paths[0] of image web leaves the root of the repository',
    ],
    [
      'writes: [{ repository: fleet, branch: main, paths: [apps/web] }]',
      'writes[0].paths[0] of image web matches no manifest: use apps/web/** for everything below it',
    ],
    ['jsonPaths: [{ kind: Widget, path: spec.image }]', 'jsonPaths[0].path of image web is not a JSON pointer'],
    ['name: Web', 'name of image Web is not a valid name of an image policy'],
  ])('is refused with file, line and remedy for %s', (line, message) => {
    const errors = errorsOf(withImage(line));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^headgate\.yml:\d+ /);
    expect(errors[0]).toContain(message);
  });

  it('is refused with all of its errors at once', () => {
    const errors = errorsOf(
      withImage('image: a b', 'policy: {}', 'credentials: x', 'debounce: 1h', 'writes: [{ repository: x }]'),
    );
    expect(errors.map((error) => error.split(' of image')[0])).toEqual([
      'headgate.yml:18 image',
      'headgate.yml:19 policy',
      'headgate.yml:20 credentials',
      'headgate.yml:21 debounce',
      'headgate.yml:22 writes[0].branch',
      'headgate.yml:22 writes[0].repository',
    ]);
  });

  it('is reported as a warning when another policy writes the same image to the same paths', () => {
    const rival = WEB.replace('name: web', 'name: rival');
    expect(configOf(`${withImage()}  - ${rival}\n`).warnings).toEqual([
      expect.stringContaining(
        'headgate.yml:24: writes[0] of image rival writes the same image to the same paths as web. Give them different paths',
      ),
    ]);
    const apart = rival.replace('branch: main', 'branch: main, paths: ["other/**"]');
    expect(configOf(`${withImage()}  - ${apart}\n`).warnings).toEqual([]);
  });

  it('is refused when another image has its name', () => {
    expect(errorsOf(`${withImage()}  - ${WEB}\n`)).toEqual([
      'headgate.yml:21 name of image web is already used by another image | Give each image a unique name.',
    ]);
  });

  it('is refused when the repository that it writes to has no credentials to write with', () => {
    const text = withImage().replace(/\n *write:.*/, '');
    expect(errorsOf(text)).toEqual([
      'headgate.yml:19 writes[0].repository of image web is fleet, which has no credentials to write with | Add write: env:FLEET_WRITE_TOKEN to the repository, a token that may push.',
    ]);
  });

  it('is accepted with each via on a host whose pull requests and commits Headgate makes', () => {
    const writes = ['commit', 'pullRequest', 'api'].map((via) => `{ repository: fleet, branch: main, via: ${via} }`);
    const [image] = configOf(withImage(`writes: [${writes.join(', ')}]`)).images.values();
    expect(image?.writes.map(({ via }) => via)).toEqual(['commit', 'pullRequest', 'api']);
  });

  it.each([
    [
      'pullRequest',
      'cannot be pullRequest, because fleet has host: bitbucket, whose pull requests Headgate does not read | Write via: commit; pull requests work on github, gitlab, gitea, forgejo.',
    ],
    [
      'api',
      'cannot be api, because fleet has host: bitbucket | Write via: commit; it works on github, gitlab, gitea, forgejo.',
    ],
  ])('is refused by name with via: %s on a host without it', (via, message) => {
    const text = withImage(`writes: [{ repository: fleet, branch: main, via: ${via} }]`)
      .replace('host: github', 'host: bitbucket')
      .replace('github.com', 'bitbucket.org');
    expect(errorsOf(text)).toEqual([`headgate.yml:20 writes[0].via of image web ${message}`]);
  });

  it('is refused with via: api and a key that signs, because the host signs', () => {
    const writes = 'writes: [{ repository: fleet, branch: main, via: api }]';
    expect(errorsOf(withImage(writes, 'commit: { signingKey: "file:key" }'))).toEqual([
      'headgate.yml:20 writes[0].via of image web cannot be api with commit.signingKey, because the host signs | Remove signingKey, or write via: commit.',
    ]);
  });

  describe('into a branch that a target with approval: plan follows', () => {
    const PROD = { name: 'prod', repository: 'fleet', branch: 'main', path: 'apps/prod', approval: 'plan' };
    const TEMPLATE = {
      ...PROD,
      name: 'prod-{{basename}}',
      path: undefined,
      forEach: { directories: 'clusters/prod*/*', clusters: ['lab'], namespaces: ['shop'] },
    };

    /** In flow style, but for what the errors name: the target is on line 3, the write on line 5 and its via on line 6. */
    function written(write: object & { readonly via?: string }, target: object = PROD): string {
      const { via, ...rest } = write;
      const repository = { host: 'github', url: 'https://github.com/acme/fleet.git', webhookSecret: 'env:A' };
      const repositories = {
        fleet: { ...repository, write: 'env:B', credentials: 'env:C', pullRequests: { plan: true } },
        alias: { ...repository, url: 'https://github.com/Acme/fleet', write: 'env:B' },
        other: { ...repository, url: 'https://github.com/acme/other.git', write: 'env:B' },
      };
      const head = { key: 'env:KEY', clusters: { lab: { kubeconfig: {} } }, repositories };
      const image = { name: 'web', image: 'ghcr.io/acme/web', policy: { semver: '1.x' } };
      const inside = (value: object) => JSON.stringify(value).slice(1, -1);
      return [
        `{ ${inside(head)},`,
        '"targets": [',
        JSON.stringify({ cluster: 'lab', namespace: 'shop', ...target }),
        `], "images": [{ ${inside(image)}, "writes": [`,
        `{ ${inside({ repository: 'fleet', branch: 'main', ...rest })}`,
        via === undefined ? '' : `, "via": "${via}"`,
        '}] }] }',
      ].join('\n');
    }

    const remedy = (name: string) =>
      `Set via: pullRequest, write to another branch or to paths that ${name} does not read, or set approval: none on ${name}.`;

    it.each<[string, object, object, string]>([
      ['by the default of via', {}, PROD, 'headgate.yml:5 writes[0] of image web commits to main by default, but prod'],
      ['by commit', { via: 'commit' }, PROD, 'headgate.yml:6 writes[0].via of image web commits to main, but prod'],
      ['by the API', { via: 'api' }, PROD, 'headgate.yml:6 writes[0].via of image web commits to main, but prod'],
      ['by a glob into its path', { paths: ['*/{dev,prod}/**'] }, PROD, 'headgate.yml:5 writes[0] of image web'],
      ['by a file in its path', { paths: ['apps/prod/web/values.yaml'] }, PROD, 'headgate.yml:5'],
      ['to one of its inputs', { paths: ['base/*.yaml'] }, { ...PROD, inputs: ['base/web.yaml'] }, 'headgate.yml:5'],
      ['to the root of the repository', { paths: ['web.yaml'] }, { ...PROD, path: undefined }, 'headgate.yml:5'],
      ['under another name of the repository', { repository: 'alias' }, PROD, 'headgate.yml:5'],
    ])('is refused %s', (_what, write, target, message) => {
      const errors = errorsOf(written(write, target));
      expect(errors).toEqual([expect.stringContaining(message)]);
      expect(errors[0]).toContain(
        `but prod (line 3) follows it with approval: plan, and plans are approved on pull requests | ${remedy('prod')}`,
      );
    });

    it.each<[string, object]>([
      ['of any cluster', {}],
      ['of one cluster', { paths: ['clusters/prod-eu/**'] }],
      ['in any cluster', { paths: ['clusters/*/web/*.yaml'] }],
    ])('is refused where it may write to a generated target %s', (_what, write) => {
      expect(errorsOf(written(write, TEMPLATE))).toEqual([
        expect.stringContaining('but prod-{{basename}} (line 3) follows it with approval: plan'),
      ]);
    });

    it('is refused with what a repository whose pull requests are not planned lacks', () => {
      const [error] = errorsOf(written({}).replace(',"pullRequests":{"plan":true}', ''));
      expect(error).toContain(
        '| Set via: pullRequest, and pullRequests: { plan: true } on fleet, write to another branch',
      );
    });

    it.each<[string, object, object]>([
      ['by pull request', { via: 'pullRequest' }, PROD],
      ['without an approval', {}, { ...PROD, approval: 'none' }],
      ['on another branch', { branch: 'staging' }, PROD],
      ['in another repository', { repository: 'other' }, PROD],
      ['to other paths', { paths: ['apps/prod.yaml', 'apps/prod-eu/**', 'apps/*', 'base/**'] }, PROD],
      ['to paths beside generated targets', { paths: ['clusters/staging/**', 'clusters/prod/*'] }, TEMPLATE],
    ])('is accepted %s', (_what, write, target) => {
      expect(errorsOf(written(write, target))).toEqual([]);
    });
  });

  it('is refused for Docker Hub without a username', () => {
    expect(errorsOf(withImage('image: nginx', 'credentials: env:TOKEN'))).toEqual([
      expect.stringContaining('credentials of image web has no username, which Docker Hub requires'),
    ]);
  });

  it('is refused by name where nothing writes images', () => {
    expect(unbuiltKeys(configOf(withImage()), 'headgate http-host does not', ['images'])).toContainEqual(
      expect.objectContaining({ subject: 'image web', message: 'headgate http-host does not write new images yet' }),
    );
  });

  it('is refused when images is not a list', () => {
    expect(read(file({ end: 'images: { web: {} }\n' }))).toMatchObject({
      problems: [{ subject: 'headgate.yml:15', message: 'images of the file must be a list' }],
    });
  });
});

describe('a reference to an image', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;
  it.each([
    ['nginx', 'docker.io', 'library/nginx', null, null],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27', null],
    ['docker.io/nginx', 'docker.io', 'library/nginx', null, null],
    ['index.docker.io/acme/web', 'docker.io', 'acme/web', null, null],
    ['acme/web:v1', 'docker.io', 'acme/web', 'v1', null],
    ['ghcr.io/acme/web', 'ghcr.io', 'acme/web', null, null],
    ['GHCR.io/acme/web', 'ghcr.io', 'acme/web', null, null],
    ['localhost/web', 'localhost', 'web', null, null],
    ['localhost:5000/web:1', 'localhost:5000', 'web', '1', null],
    ['[::1]:5000/web', '[::1]:5000', 'web', null, null],
    [`ghcr.io/acme/a__b/c-d.e:1@${digest}`, 'ghcr.io', 'acme/a__b/c-d.e', '1', digest],
  ])('reads %s', (text, registry, repository, tag, expectedDigest) => {
    expect(parseImageReference(text)).toEqual({ registry, repository, tag, digest: expectedDigest });
  });

  it.each([
    '',
    ':1',
    'Web',
    'a//b',
    'a/',
    'ghcr.io/',
    'https://ghcr.io/a',
    'a b',
    'a:b:c',
    'a@sha256:12',
    'a:',
    'a:.b',
    'a_/b',
    '-a.io/b',
    `a:${'x'.repeat(129)}`,
    'x'.repeat(2000),
  ])('does not read %j', (text) => {
    expect(parseImageReference(text)).toBeNull();
  });
});
