import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});

afterEach(async () => {
  await testbed.tearDown();
});

const GOOD = { 'apps/good.yaml': configMap('good', { value: '1' }), 'apps/other.yaml': configMap('other') };
const CLUSTER = { good: { value: '1' }, other: {} };
const big = configMap('big', { value: 'x'.repeat(1_100_000) });

/** [what is wrong, the push, the error's code, its subject, how the good push after it heals it] */
const MISTAKES: readonly (readonly [
  string,
  Readonly<Record<string, string | null>>,
  string,
  string,
  Readonly<Record<string, string | null>>,
])[] = [
  [
    'a YAML error',
    { 'apps/bad.yaml': 'a: 1\nb: [\n' },
    'manifest-invalid',
    'apps/bad.yaml:3',
    { 'apps/bad.yaml': null },
  ],
  [
    'an unknown field',
    { 'apps/bad.yaml': '# a comment\n---\n' + configMap('bad').replace('\ndata:', '\ndota:') },
    'manifest-rejected',
    'apps/bad.yaml:7',
    { 'apps/bad.yaml': null },
  ],
  [
    'a wrong type',
    { 'apps/bad.yaml': configMap('bad').replace('{}', '{"on": true}') },
    'manifest-rejected',
    'apps/bad.yaml:5',
    { 'apps/bad.yaml': null },
  ],
  [
    'a forbidden namespace',
    { 'apps/bad.yaml': configMap('bad', {}, '  namespace: kube-system\n') },
    'namespace-not-allowed',
    'apps/bad.yaml:1',
    { 'apps/bad.yaml': null },
  ],
  [
    'a cluster-scoped object',
    { 'apps/bad.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: mine }\n' },
    'cluster-scoped-not-allowed',
    'apps/bad.yaml:1',
    { 'apps/bad.yaml': null },
  ],
  [
    'an object that another file defines',
    { 'apps/bad.yaml': configMap('good') },
    'manifest-duplicate',
    'apps/bad.yaml:1',
    { 'apps/bad.yaml': null },
  ],
  [
    'an object twice in one push',
    { 'apps/bad.yaml': `${configMap('bad')}---\n${configMap('bad')}` },
    'manifest-duplicate',
    'apps/bad.yaml:7',
    { 'apps/bad.yaml': null },
  ],
  ['an object too large', { 'apps/bad.yaml': big }, 'manifest-too-large', 'apps/bad.yaml:1', { 'apps/bad.yaml': null }],
  [
    'a file that is not UTF-8',
    { 'apps/bad.yaml': '\u0000BYTES' },
    'file-unreadable',
    'apps/bad.yaml',
    { 'apps/bad.yaml': null },
  ],
  [
    'a Git LFS pointer',
    { 'apps/bad.yaml': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' },
    'lfs-pointer',
    'apps/bad.yaml',
    { 'apps/bad.yaml': null },
  ],
  [
    'a kind that is not served',
    { 'apps/bad.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w }\n' },
    'kind-unknown',
    'apps/bad.yaml:1',
    { 'apps/bad.yaml': null },
  ],
  [
    'a label that only Headgate sets',
    { 'apps/bad.yaml': configMap('bad', {}, '  labels: { applyset.kubernetes.io/part-of: x }\n') },
    'mark-reserved',
    'apps/bad.yaml:1',
    { 'apps/bad.yaml': null },
  ],
  [
    'a typo in kind',
    { 'apps/other.yaml': configMap('other').replace('kind:', 'knid:') },
    'manifest-invalid',
    'apps/other.yaml:2',
    { 'apps/other.yaml': configMap('other') },
  ],
  [
    'a file of something else, where something was applied from the file',
    { 'apps/other.yaml': 'services: { web: { image: nginx } }\n' },
    'manifest-vanished',
    'apps/other.yaml:1',
    { 'apps/other.yaml': configMap('other') },
  ],
  [
    'an empty path',
    { 'apps/good.yaml': null, 'apps/other.yaml': null, 'apps/README.md': 'nothing here' },
    'prune-everything',
    'apps',
    GOOD,
  ],
  [
    'a path that no longer exists',
    { 'apps/good.yaml': null, 'apps/other.yaml': null, 'else.yaml': '' },
    'path-missing',
    'apps',
    GOOD,
  ],
];

describe('wrong input', () => {
  it.each(MISTAKES)(
    '%s is refused with its location and a remedy, changes nothing, and is fixed by the next good push',
    async (_what, push, code, subject, heal) => {
      await testbed.outcome(await testbed.push(GOOD), 'deployed');
      await testbed.write(push);
      if (push['apps/bad.yaml'] === '\u0000BYTES')
        await testbed.writeBytes('apps/bad.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe, 0x0a]));
      const bad = await testbed.commitAndPush();
      const outcome = await testbed.outcome(bad, 'refused');
      expect(outcome['errors']).toEqual([
        expect.objectContaining({ code, subject, remedy: expect.stringMatching(/\w/) }),
      ]);
      expect(outcome).toMatchObject({ level: 'warn', created: 0, updated: 0, pruned: 0 });
      expect(await testbed.configMaps()).toEqual(CLUSTER);
      await testbed.host.settled();
      const [status, ...others] = testbed.host.statusesOf(bad);
      expect(others).toEqual([]);
      expect(status).toMatchObject({ state: 'failure', description: expect.stringContaining(subject) });
      const parent = JSON.parse(
        await testbed.kubectl(
          '-n',
          testbed.namespace,
          'get',
          'configmap',
          `headgate-${testbed.namespace}`,
          '-o',
          'json',
        ),
      ) as { metadata: { annotations: Record<string, string> } };
      expect(parent.metadata.annotations).toMatchObject({
        'headgate.dev/attempted-revision': bad,
        'headgate.dev/verdict': 'refused',
      });

      const healed = await testbed.push({ ...heal, 'apps/after.yaml': configMap('after') });
      expect(await testbed.outcome(healed)).toMatchObject({ verdict: 'deployed', created: 1 });
      expect(await testbed.configMaps()).toEqual({ ...CLUSTER, after: {} });
    },
  );

  it('reports every mistake of a push at once', async () => {
    const revision = await testbed.push({
      'apps/a.yaml': 'a: [',
      'apps/b.yaml': configMap('b', {}, '  namespace: kube-system\n'),
      'apps/c.yaml': configMap('c').replace('\ndata:', '\ndota:'),
    });
    const outcome = await testbed.outcome(revision, 'refused');
    expect((outcome['errors'] as { code: string }[]).map(({ code }) => code).toSorted()).toEqual([
      'manifest-invalid',
      'manifest-rejected',
      'namespace-not-allowed',
    ]);
    await testbed.host.settled();
    expect(testbed.host.statusesOf(revision)[0]?.description).toMatch(/\(\+2 more\)$/);
  });

  it('reports a path that does not exist or has no manifests, even at the first push', async () => {
    const missing = await testbed.push({ 'else/a.yaml': configMap('a') });
    expect(await testbed.outcome(missing, 'refused')).toMatchObject({
      errors: [expect.objectContaining({ code: 'path-missing' })],
    });
    const empty = await testbed.push({ 'apps/README.md': 'soon' });
    expect(await testbed.outcome(empty, 'refused')).toMatchObject({
      errors: [expect.objectContaining({ code: 'path-empty' })],
    });
  });

  it('skips links, submodules and documents that are not manifests, with a warning for each (A10)', async () => {
    await testbed.write({ 'apps/good.yaml': `# only a comment\n---\nvalues: { a: 1 }\n---\n${configMap('good')}` });
    await testbed.link('apps/link.yaml', '/etc/passwd');
    const revision = await testbed.commitAndPush();
    const outcome = await testbed.outcome(revision, 'deployed');
    expect((outcome['warnings'] as { subject: string }[]).map(({ subject }) => subject).toSorted()).toEqual([
      'apps/good.yaml:3',
      'apps/link.yaml',
    ]);
    expect(await testbed.configMaps()).toEqual({ good: {} });
  });

  it('suggests createNamespace when the namespace is missing', async () => {
    const other = await Testbed.build({ namespaceExists: false });
    try {
      await other.start();
      const revision = await other.push({ 'apps/a.yaml': configMap('a') });
      expect(await other.outcome(revision, 'refused')).toMatchObject({
        errors: [
          expect.objectContaining({ code: 'namespace-missing', remedy: expect.stringContaining('createNamespace') }),
        ],
      });
    } finally {
      await other.tearDown();
    }
  });

  it('ignores a deleted branch and never treats it as an empty repository', async () => {
    await testbed.outcome(await testbed.push(GOOD), 'deployed');
    await testbed.git('push', '-q', 'origin', 'HEAD:other');
    await testbed.git('push', '-q', 'origin', ':other');
    await testbed.host.settled();
    const answers = testbed.host.deliveries.map(({ answer }) => answer);
    expect(answers.at(-1)).toContain('deleted');
    expect(await testbed.configMaps()).toEqual(CLUSTER);
  });
});
