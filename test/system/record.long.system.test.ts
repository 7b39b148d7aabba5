import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FULL_NAME, Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(() => testbed.tearDown());

async function start(): Promise<void> {
  testbed = await Testbed.build({ record: 'refs' });
  // The lines of docs/record.md.
  await testbed.git('config', '--add', 'remote.origin.fetch', '+refs/headgate/*:refs/remotes/headgate/*');
  await testbed.git('config', '--add', 'remote.origin.fetch', '+refs/notes/headgate/*:refs/notes/headgate/*');
  await testbed.git('config', '--add', 'notes.displayRef', 'refs/notes/headgate/*');
  await testbed.start();
}

/** Waits until the Git host has the ref of the target at this commit, and returns the commits that clones show then. */
async function recordedAt(revision: string): Promise<string> {
  return vi.waitFor(
    async () => {
      await testbed.git('fetch', '-q', 'origin');
      expect(await testbed.git('rev-parse', `refs/remotes/headgate/${testbed.namespace}`)).toBe(revision);
      return testbed.git('log', '--decorate', '--all', '--exclude=refs/notes/*', '--format=%H%d%n%N');
    },
    { timeout: 30_000, interval: 50 },
  );
}

function pushes(): readonly string[] {
  return testbed.host.server.requests
    .filter(({ body }) => body.includes('refs/headgate/') || body.includes('refs/notes/'))
    .map(({ method, path }) => `${method} ${path}`);
}

describe('record: refs', () => {
  it('shows in git log where a target is and what became of its commits, also after a force-push back', async () => {
    await start();
    const { namespace } = testbed;
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first, 'deployed');
    const shown = await recordedAt(first);
    expect(shown).toContain(`${first} (HEAD -> main, origin/main, headgate/${namespace})`);
    expect(shown).toMatch(/^ready 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ: 1 created, ready in \d+\.\d s$/m);
    const second = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await testbed.outcome(second, 'deployed');
    expect(await recordedAt(second)).toContain(`${second} (HEAD -> main, origin/main, headgate/${namespace})`);
    // What a commit had before stays, because each note is on top of the notes before.
    expect(await testbed.git('log', '--format=%N', first)).toMatch(/^ready .*1 created/);
    expect(await testbed.git('rev-list', '--count', `refs/notes/headgate/${namespace}`)).toBe('2');
    await testbed.git('reset', '-q', '--hard', first);
    await testbed.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await testbed.logged(
      ({ verdict, revision, previous }) => verdict === 'deployed' && revision === first && previous === second,
    );
    expect(await recordedAt(first)).toContain(`${first} (HEAD -> main, origin/main, headgate/${namespace})`);
    expect(await testbed.git('log', '-1', '--format=%N', first)).toMatch(/^ready .*1 updated/);
    expect(testbed.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('follows a rollback by a command, which writes it before it ends', async () => {
    await start();
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first, 'deployed');
    const second = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await testbed.outcome(second, 'deployed');
    await recordedAt(second);
    await testbed.stop();
    const { code, stderr } = await testbed.headgate('rollback', testbed.namespace);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    await testbed.git('fetch', '-q', 'origin');
    expect(await testbed.git('rev-parse', `refs/remotes/headgate/${testbed.namespace}`)).toBe(first);
    expect(await testbed.git('log', '-1', '--format=%N', first)).toMatch(/^ready .*1 updated/);
  });

  it('has headgate check find out without a push whether the token may push', async () => {
    await start();
    await testbed.push({ 'apps/a.yaml': configMap('a') });
    const repository = join(testbed.directory, 'git', `${FULL_NAME}.git`);
    const allowed = await testbed.headgate('check');
    expect([allowed.code, allowed.stdout]).toEqual([0, expect.stringMatching(/^write +fleet +ok +may push$/m)]);
    await testbed.git('-C', repository, 'config', 'http.receivepack', 'false');
    const refused = await testbed.headgate('check');
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringMatching(/^write +fleet .*the push was rejected: .*403/m),
    ]);
  });

  it('leaves a deploy as it is when the host refuses such refs, and writes one line into the log', async () => {
    await start();
    const hook = '#!/bin/sh\ncase "$1" in refs/heads/*) exit 0;; esac\necho "only branches" >&2\nexit 1\n';
    const repository = join(testbed.directory, 'git', `${FULL_NAME}.git`);
    await writeFile(join(repository, 'hooks', 'update'), hook, { mode: 0o755 });
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a') });
    await testbed.outcome(revision, 'deployed');
    const line = await testbed.logged(({ message }) => message === 'not-recorded');
    expect(line).toMatchObject({
      level: 'warn',
      repository: 'fleet',
      targets: [testbed.namespace],
      errors: [
        { code: 'push-refused', message: expect.stringMatching(/refs\/headgate\/.*: hook declined; only branches/) },
      ],
    });
    await testbed.host.settled();
    expect(testbed.host.statusesOf(revision).at(-1)).toMatchObject({ state: 'success' });
    await testbed.stop();
    expect(testbed.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([line]);
    // Not tried again: only a person can fix it.
    expect(pushes()).toHaveLength(1);
  });
});
