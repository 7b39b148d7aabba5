import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

/** `create web` */
type Changes = readonly string[];

async function planned(directory = testbed.work): Promise<{ code: number | null; changes: Changes; warnings: string }> {
  const args = ['plan', testbed.namespace, '--directory', directory, '--output', 'json'];
  const { code, stdout, stderr } = await testbed.headgate(...args);
  if (stdout === '') throw new Error(stderr);
  const plan = JSON.parse(stdout) as { changes: { op: string; name: string }[]; warnings?: { message: string }[] };
  const warnings = (plan.warnings ?? []).map(({ message }) => message).join('\n');
  return { code, changes: plan.changes.map(({ op, name }) => `${op} ${name}`), warnings };
}

const state = async () => ({
  status: await testbed.git('status', '--porcelain'),
  head: await testbed.git('rev-parse', 'HEAD'),
});

describe('a plan of a working directory', () => {
  it('shows what is not committed, and changes neither the clone nor the cluster', async () => {
    testbed = await Testbed.build();
    await testbed.push({
      'apps/a.yaml': configMap('a'),
      'apps/b.yaml': configMap('b'),
      '.gitignore': 'ignored.yaml\n',
    });
    await testbed.headgate('deploy', testbed.namespace);
    expect(await planned()).toEqual({ code: 0, changes: [], warnings: '' });

    await testbed.write({
      'apps/a.yaml': configMap('a', { v: '2' }),
      'apps/b.yaml': null,
      'apps/c.yaml': configMap('c'),
      'apps/ignored.yaml': configMap('ignored'),
    });
    const before = await state();
    const objects = await readdir(join(testbed.work, '.git/objects'));
    const { code, changes } = await planned();
    expect(code).toBe(2);
    expect(changes.toSorted()).toEqual(['create c', 'prune b', 'update a']);
    expect(await state()).toEqual(before);
    expect(await readdir(join(testbed.work, '.git/objects'))).toEqual(objects);
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b']);
    const text = await testbed.headgate('plan', testbed.namespace, '--directory', join(testbed.work, 'apps'));
    expect(text.stdout).toContain(' → working directory\n');
    expect(text.stdout).toContain('      .data');
  });

  it('shows the same changes as the push that follows', async () => {
    testbed = await Testbed.build();
    await testbed.push({
      'apps/kustomization.yaml': JSON.stringify({ resources: ['a.yaml'], namePrefix: 'x-' }),
      'apps/a.yaml': configMap('a'),
    });
    await testbed.headgate('deploy', testbed.namespace);
    await testbed.write({
      'apps/kustomization.yaml': JSON.stringify({ resources: ['a.yaml', 'b.yaml'], namePrefix: 'x-' }),
      'apps/b.yaml': configMap('b'),
    });
    const { changes } = await planned();
    await testbed.commitAndPush();
    const { stdout } = await testbed.headgate('plan', testbed.namespace, '--output', 'json');
    const pushed = JSON.parse(stdout) as { changes: { op: string; name: string }[] };
    expect(changes).toEqual(pushed.changes.map(({ op, name }) => `${op} ${name}`));
    expect(changes).toEqual(['create x-b']);
  });

  it('reads from the Git host what a shallow clone lacks, and warns that it is behind the applied commit', async () => {
    testbed = await Testbed.build();
    await testbed.push({ 'apps/a.yaml': configMap('a') });
    const clone = await mkdtemp(join(tmpdir(), 'headgate-clone-'));
    try {
      await testbed.git('clone', '-q', '--depth', '1', `file://${testbed.work}`, clone);
      await testbed.push({ 'apps/b.yaml': configMap('b') });
      await testbed.headgate('deploy', testbed.namespace);
      await writeFile(join(clone, 'apps/c.yaml'), configMap('c'));
      const { changes, warnings } = await planned(clone);
      expect(changes.toSorted()).toEqual(['create c', 'prune b']);
      expect(warnings).toMatch(
        /^does not contain the applied commit [0-9a-f]{12}, so this plan also shows its changes reverted$/,
      );
    } finally {
      await rm(clone, { recursive: true });
    }
  });

  it('is refused for what the push would be refused for, with file and line', async () => {
    testbed = await Testbed.build();
    await testbed.push({ 'apps/a.yaml': configMap('a') });
    await testbed.write({ 'apps/bad.yaml': 'kind: ConfigMap\na: [' });
    await symlink('a.yaml', join(testbed.work, 'apps/link.yaml'));
    const work = await testbed.headgate('plan', testbed.namespace, '--directory', testbed.work);
    expect(work).toMatchObject({ code: 1, stdout: expect.stringContaining('refused: apps/bad.yaml:2: ') as string });
    await testbed.commitAndPush();
    const pushed = await testbed.headgate('plan', testbed.namespace);
    const withoutCommits = (text: string) => text.split('\n').slice(1);
    expect(withoutCommits(work.stdout)).toEqual(withoutCommits(pushed.stdout));
  });

  it('plans the first commit of a repository', async () => {
    testbed = await Testbed.build();
    await testbed.push({ 'README.md': 'x' });
    const fresh = await mkdtemp(join(tmpdir(), 'headgate-fresh-'));
    try {
      execFileSync('git', ['init', '-q', fresh]);
      await mkdir(join(fresh, 'apps'));
      await writeFile(join(fresh, 'apps/a.yaml'), configMap('a'));
      expect((await planned(fresh)).changes).toEqual(['create a']);
    } finally {
      await rm(fresh, { recursive: true });
    }
  });

  it('is a usage error outside of a clone, and together with a revision', async () => {
    testbed = await Testbed.build();
    const outside = await testbed.headgate('plan', testbed.namespace, '--directory', testbed.directory);
    expect(outside.code).toBe(64);
    expect(outside.stderr).toContain('not a git repository');
    expect(outside.stderr).toContain('Pass a directory inside a clone');
    const both = ['--directory', '.', '--revision', 'a'.repeat(40)];
    expect((await testbed.headgate('plan', testbed.namespace, ...both)).code).toBe(64);
  });

  it('is read for the directories of templates too', async () => {
    const forEach = { directories: 'envs/*', clusters: ['lab'], namespaces: ['NAMESPACE'] };
    testbed = await Testbed.build({
      targets: [{ name: 'NAMESPACE-{{basename}}', cluster: 'lab', path: undefined, forEach }],
    });
    await testbed.push({ 'README.md': 'x' });
    await testbed.write({ 'envs/new/a.yaml': configMap('a') });
    const args = ['plan', `${testbed.namespace}-new`, '--directory', testbed.work];
    expect(await testbed.headgate(...args)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('+ create') as string,
    });
  });
});
