import { describe, expect, it } from 'vitest';
import { readDependencies } from '../../../src/desired/helm/dependencies.ts';
import { lockDigest } from '../../../src/desired/helm/lock-digest.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const dependency = (repository: string, more: JsonObject = {}): JsonObject => ({
  name: 'redis',
  version: '^1.0.0',
  repository,
  ...more,
});

function read(
  wanted: readonly JsonObject[],
  { locked = '1.2.3', vendored = [] as readonly string[], digest = '' } = {},
) {
  const lock = wanted.map(({ name = '', repository = '' }) => ({ name, repository, version: locked }));
  const files = {
    chart: bytes({ name: 'web', dependencies: wanted }),
    lock: bytes({ dependencies: lock, digest: digest === '' ? lockDigest(wanted, lock) : digest }),
  };
  return readDependencies(files, vendored, 'charts/web');
}

describe('the dependencies of a chart', () => {
  it('are pinned by Chart.lock, from chart repositories, registries and the repository itself', () => {
    expect(
      read([
        dependency('https://charts.example.com/stable'),
        dependency('oci://ghcr.io/acme/charts', { name: 'db', alias: 'main' }),
        dependency('file://../lib', { name: 'lib' }),
      ]),
    ).toEqual({
      needed: [
        {
          kind: 'repository',
          name: 'redis',
          version: '1.2.3',
          host: 'charts.example.com',
          url: 'https://charts.example.com/stable',
        },
        { kind: 'oci', name: 'db', version: '1.2.3', host: 'ghcr.io', url: 'oci://ghcr.io/acme/charts/db' },
        { kind: 'file', name: 'lib', path: '../lib' },
      ],
      problems: [],
    });
  });

  it('in charts/ need neither a lock nor a host', () => {
    const wanted = [dependency('https://charts.example.com'), dependency('', { name: 'own' })];
    expect(read(wanted, { vendored: ['redis-1.2.3.tgz'], digest: 'sha256:0' })).toEqual({ needed: [], problems: [] });
    expect(read(wanted, { vendored: ['redis'], digest: 'sha256:0' })).toEqual({ needed: [], problems: [] });
  });

  it('are not confused with charts whose names only begin in the same way, and are needed once under several aliases', () => {
    const wanted = ['a', 'b'].map((alias) => dependency('https://charts.example.com', { alias }));
    expect(read(wanted, { vendored: ['redis-cluster-1.2.3.tgz'] }).needed).toHaveLength(1);
  });

  it('without a lock, or with one of other dependencies, are refused with the command that makes one', () => {
    const remedy = 'Run helm dependency update charts/web, and commit Chart.lock.';
    const wanted = [dependency('https://charts.example.com')];
    expect(readDependencies({ chart: bytes({ dependencies: wanted }), lock: null }, [], 'charts/web').problems).toEqual(
      [{ message: 'the chart has dependencies, but no Chart.lock, which pins their versions', remedy }],
    );
    expect(read(wanted, { digest: `sha256:${'0'.repeat(64)}` }).problems).toEqual([
      { message: 'Chart.lock was not made for the dependencies of this Chart.yaml', remedy },
    ]);
  });

  it.each([
    ['a name of helm repo', dependency('@stable'), 'names no address'],
    ['a user', dependency('https://a:planted@charts.example.com'), 'names no address'],
    ['http', dependency('http://charts.example.com'), 'has the repository http://…'],
    ['another protocol', dependency('ssh://charts.example.com'), 'has the repository ssh://…'],
    ['a tag in a registry', dependency('oci://ghcr.io/acme:1'), 'has the repository oci://…'],
    [
      'a name that is an option',
      dependency('https://charts.example.com', { name: '--ca-file=x' }),
      'has an invalid name',
    ],
    ['a name with a slash', dependency('https://charts.example.com', { name: '../x' }), 'has an invalid name'],
  ])('are refused for %s', (_what, wanted, message) => {
    const { needed, problems } = read([wanted]);
    expect([needed, problems.map((problem) => problem.message)]).toEqual([[], [expect.stringContaining(message)]]);
    expect(JSON.stringify(problems)).not.toContain('planted');
  });

  it('are refused when they are locked at a range', () => {
    expect(read([dependency('https://charts.example.com')], { locked: '1.x' }).problems[0]?.message).toContain(
      'not locked at an exact version',
    );
  });
});
