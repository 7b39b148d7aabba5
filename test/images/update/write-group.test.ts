import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { duePolls } from '../../../src/images/update/due-polls.ts';
import { directoriesOf } from '../../../src/images/update/read-branch.ts';
import { writeGroups, writeGroupsOf } from '../../../src/images/update/write-group.ts';

function configOf(images: readonly object[]) {
  const repository = { host: 'git', url: 'https://git.example.com/fleet.git', write: 'env:WRITE' };
  const text = JSON.stringify({
    clusters: { lab: { kubeconfig: { path: '/kubeconfig' } } },
    repositories: { fleet: repository, other: repository },
    targets: [],
    images: images.map((image) => ({ image: 'ghcr.io/acme/web', policy: { semver: '^1.0.0' }, ...image })),
  });
  const read = readConfig({ text, path: '/headgate.yml' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.config;
}

const main = { repository: 'fleet', branch: 'main' };

describe('the branches that images are written to', () => {
  const config = configOf([
    { name: 'web', interval: '10m', debounce: '5s', writes: [main, { repository: 'other', branch: 'main' }] },
    { name: 'api', interval: '2m', debounce: '20s', writes: [main] },
    { name: 'job', interval: '0s', writes: [{ repository: 'fleet', branch: 'jobs' }] },
  ]);

  it('are shared by their images, with the longest debounce and the shortest interval', () => {
    const groups = writeGroups(config).map(({ name, images, debounceMs, intervalMs }) => [
      name,
      images.map(({ policy }) => policy.name),
      debounceMs,
      intervalMs,
    ]);
    expect(groups).toEqual([
      ['write/fleet/main', ['web', 'api'], 20_000, 120_000],
      ['write/other/main', ['web'], 5000, 600_000],
      ['write/fleet/jobs', ['job'], 10_000, 0],
    ]);
    expect(writeGroupsOf('web', config).map(({ name }) => name)).toEqual(['write/fleet/main', 'write/other/main']);
  });

  it('are due at once, and then after their interval; one without an interval never', () => {
    const lastMs = new Map<string, number>();
    const due = (nowMs: number) => duePolls(writeGroups(config), { nowMs, lastMs }).map(({ name }) => name);
    expect(due(0)).toEqual(['write/fleet/main', 'write/other/main']);
    expect(due(119_999)).toEqual([]);
    expect(due(120_000)).toEqual(['write/fleet/main']);
    expect(due(600_000)).toEqual(['write/fleet/main', 'write/other/main']);
    // The clock was set back.
    expect(due(1_000)).toEqual(['write/fleet/main', 'write/other/main']);
    expect(due(2_000)).toEqual([]);
  });
});

it.each([
  [['**'], ['']],
  [['clusters/staging/**'], ['clusters/staging']],
  [['clusters/*/web.yaml'], ['clusters']],
  [['apps/web/values.yaml'], ['apps/web']],
  [
    ['a/b/**', 'a/**', 'c/*.yaml'],
    ['a', 'c'],
  ],
  [['{a,b}/**'], ['']],
  [['values.yaml', 'a/**'], ['']],
])('reads %j from %j', (globs, directories) => {
  const writes = [{ ...main, paths: globs }];
  const [group] = writeGroups(configOf([{ name: 'web', writes }]));
  expect(directoriesOf(group?.images.flatMap(({ paths }) => paths) ?? [])).toEqual(directories);
});
