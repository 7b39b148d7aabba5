import { describe, expect, it } from 'vitest';
import { mayBecome, mayMeet, safeBranch } from '../../src/config/previews/preview-names.ts';
import { unbuiltKeys } from '../../src/config/derived/unbuilt.ts';
import { configOf, errorsOf, file } from './builders.ts';

const REPOSITORY = [
  'host: github',
  'url: https://github.com/acme/fleet.git',
  'webhookSecret: env:SECRET',
  'credentials: env:TOKEN',
];

interface Written {
  readonly [key: string]: unknown;
}

const preview = (change: Written = {}): Written => ({
  name: 'shop-pr-{{number}}',
  repository: 'fleet',
  pullRequest: { label: 'preview', into: 'main' },
  path: 'apps/shop',
  cluster: 'lab',
  namespace: 'shop-pr-{{number}}',
  ...change,
});

function text(
  previews: readonly Written[],
  {
    repository = REPOSITORY,
    key = 'key: env:KEY',
    target,
  }: { repository?: readonly string[]; key?: string; target?: string } = {},
): string {
  const lines = { repository: repository.join('\n    '), ...(target === undefined ? {} : { target }) };
  return file({ ...lines, end: `${key}\npreviews: ${JSON.stringify(previews)}` });
}

/** Without the file, the line and the name of the entry. */
function errors(...of: Parameters<typeof text>): readonly string[] {
  return errorsOf(text(...of)).map((error) => error.replace(/^headgate\.yml:\d+ /, '').replace(/ of preview \S+/, ''));
}

describe('previews of headgate.yml', () => {
  it('have the defaults of a target, and nothing that a pull request must not have', () => {
    const [found] = configOf(text([preview()])).previews;
    expect(found).toMatchObject({
      name: 'shop-pr-{{number}}',
      prefixes: { name: 'shop-pr-', namespace: 'shop-pr-' },
      label: 'preview',
      path: 'apps/shop',
      ttlMs: 3 * 86_400_000,
      limit: 10,
      url: null,
      settings: {
        branch: 'main',
        adopt: false,
        clusterScoped: false,
        createNamespace: false,
        decryption: null,
        dependsOn: [],
        drift: 'off',
        approval: 'none',
        waitMs: 300_000,
      },
    });
    expect(configOf(file({})).previews).toEqual([]);
  });

  it.each([
    ['1d', 86_400_000],
    ['1d12h', 129_600_000],
    ['90m', 5_400_000],
    ['90d', 90 * 86_400_000],
  ])('live for %s', (ttl, ms) => {
    expect(configOf(text([preview({ ttl })])).previews[0]?.ttlMs).toBe(ms);
  });

  it.each(['0s', '91d', '90d1s', '3 days', '', '100d'])('are refused with the ttl %j', (ttl) => {
    expect(errors([preview({ ttl })])).toEqual([
      expect.stringMatching(/^ttl is not a valid time to live \| Write days/),
    ]);
  });

  it.each([
    [{ limit: 0 }, /^limit is out of range \| Write an integer from 1 to 100/],
    [{ name: 'shop-{{number}}-pr' }, /^name is not a prefix followed by \{\{number\}\} \| Write it as "shop-pr-/],
    [{ name: 'shop-{{branch}}' }, /^name is not a prefix followed by/],
    [{ namespace: '{{number}}' }, /^namespace is not a prefix followed by/],
    [{ namespace: 'shop' }, /^namespace is not a prefix followed by/],
    [{ namespace: 'Shop-{{number}}' }, /^namespace is not a valid namespace, whatever the number is/],
    [{ name: `${'s'.repeat(34)}{{number}}` }, /^name is not a valid target name, .* at most 33 before/],
    [{ url: 'https://{{brnch}}.example.com' }, /^url has an unknown placeholder \| Did you mean \{\{branch\}\}\?/],
    [{ url: 'pr-{{number}}.example.com' }, /^url is not a URL \| Write it as "https/],
    [{ url: 'https://{{number.example.com' }, /^url has braces that do not form a placeholder/],
    [{ substitute: { variables: { TAG: '{{basename}}' } } }, /^substitute\.variables\.TAG has an unknown placeholder/],
    [
      { helm: { set: { tag: '{{sha}}' } } },
      /^helm has a placeholder, but placeholders are not replaced in this key \| Use it in substitute/,
    ],
    [{ path: 'apps/{{number}}' }, /^path has a placeholder/],
    [{ cluster: 'lap' }, /^cluster refers to unknown cluster lap/],
    [{ repository: 'flet' }, /^repository refers to unknown repository flet/],
    [{ notify: ['nowhere'] }, /^notify\[0\] refers to unknown channel nowhere/],
    [{ decryption: { kms: true } }, /^decryption is not a known key/],
    [{ namespaces: ['*'] }, /^namespaces is not a known key/],
    [{ clusterScoped: true }, /^clusterScoped is not a known key/],
    [{ dependsOn: ['shop-prod'] }, /^dependsOn is not a known key/],
    [{ pullRequest: { label: 'preview' } }, /^pullRequest\.into is missing \| Add into: main/],
  ])('with %j are refused', (change, error) => {
    expect(errors([preview(change)])).toEqual([expect.stringMatching(error)]);
  });

  it.each([
    { namespace: 'shop{{ number }}', name: 'sho{{number}}' },
    { namespace: 'sho{{number}}' },
    { name: 'shop-prod-{{number}}' },
    { url: 'https://{{branch}}.example.com/{{sha}}' },
    { substitute: { variables: { TAG: '{{sha}}-{{number}}' } } },
  ])('with %j are accepted', (change) => {
    expect(errors([preview(change)])).toEqual([]);
  });

  it('are refused by name where nothing deploys them yet', () => {
    expect(unbuiltKeys(configOf(text([preview()])), 'headgate http-host does not', ['previews'])).toContainEqual({
      code: 'config-invalid',
      subject: 'preview shop-pr-{{number}}',
      message: 'headgate http-host does not deploy previews of pull requests yet',
      remedy: 'Remove it, or run headgate serve instead.',
    });
  });

  it('require key, credentials, and a host whose pull requests Headgate reads', () => {
    const repository = ['host: git', 'url: https://git.example.com/fleet.git'];
    expect(errors([preview()], { repository, key: '' })).toEqual([
      expect.stringMatching(/^repository is on host git, whose pull requests Headgate does not read \| .*github/),
      expect.stringMatching(/^repository requires credentials/),
      expect.stringMatching(/^repository requires key/),
    ]);
  });

  it('never share a namespace or a name with a target, or with each other', () => {
    const target =
      'repository: fleet\n    branch: main\n    cluster: lab\n    namespace: shop\n    namespaces: [shop, shop-pr-7]';
    expect(errors([preview()], { target })).toEqual([
      expect.stringMatching(/^namespace may become shop-pr-7, which target shop-prod deploys to \| Change the prefix/),
    ]);
    const generated =
      'repository: fleet\n    branch: main\n    cluster: lab\n    namespace: shop-pr-12\n    forEach: { directories: "apps/*", clusters: [lab], namespaces: [shop-pr-12] }';
    const named = file({ repository: REPOSITORY.join('\n    '), target: generated })
      .replace('shop-prod', '"{{basename}}"')
      .concat(`\nkey: env:KEY\npreviews: ${JSON.stringify([preview()])}`);
    expect(errorsOf(named)).toEqual([
      expect.stringContaining('may become shop-pr-12, which template {{basename}} deploys to'),
    ]);
    expect(errors([preview(), preview({ name: 'shop-pr-1{{number}}' })])).toEqual([
      expect.stringMatching(/^name may be the same as that of another preview/),
      expect.stringMatching(/^namespace may be the same as that of another preview/),
    ]);
    const numbered = text([preview()]).replace('name: shop-prod', 'name: shop-pr-3');
    expect(errorsOf(numbered)).toEqual([expect.stringContaining('may become shop-pr-3, which is a target')]);
  });
});

it.each([
  ['shop-pr-', 'shop-pr-1', true],
  ['shop-pr-', 'shop-pr-', false],
  ['shop-pr-', 'shop-pr-01', false],
  ['shop-pr-', 'shop-pr-1a', false],
  ['shop-pr-', 'shop', false],
])('decides whether the prefix %s may become %s', (prefix, name, may) => {
  expect(mayBecome(prefix, name)).toBe(may);
});

it.each([
  ['a-', 'a-', true],
  ['a-', 'a-1', true],
  ['a-12', 'a-', true],
  ['a-', 'a-x', false],
  ['a-', 'a-0', false],
])('decides whether the prefixes %s and %s may meet', (prefix, other, may) => {
  expect(mayMeet(prefix, other)).toBe(may);
});

it.each([
  ['feature/New UI', 'feature-new-ui'],
  ['--', 'branch'],
  ['été', 't'],
  ['a'.repeat(60), 'a'.repeat(40)],
  [`${'a'.repeat(39)}/bcd`, 'a'.repeat(39)],
  [`/${'a'.repeat(60)}`, 'a'.repeat(40)],
])('makes the branch %s safe for a host name', (branch, safe) => {
  expect(safeBranch(branch)).toBe(safe);
});
