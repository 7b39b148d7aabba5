import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GIT_LIMITS } from '../../../src/git/wire/limits.ts';
import { openRepository } from '../../../src/git/reader.ts';
import { openRefWriter } from '../../../src/git/write/ref-writer.ts';
import type { RefWriter, TargetRecord } from '../../../src/git/write/ref-writer.ts';
import { asRevision } from '../../../src/snapshot/source.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';
import type { GitHttpOptions, GitHttpServer } from '../../rig/git-host/http-backend.ts';
import { BareRepository, removeRepositories } from '../repository.ts';

const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
const signal = new AbortController().signal;
const servers: GitHttpServer[] = [];
const NOTES = 'refs/notes/headgate/prod';

afterAll(async () => {
  agents.http.destroy();
  await Promise.all(servers.map((server) => server.close()));
  removeRepositories();
});

async function bed({ format = 'sha1', ...options }: { format?: string } & Partial<GitHttpOptions> = {}) {
  const repository = new BareRepository('fleet.git', { format });
  repository.git('config', 'receive.fsckObjects', 'true');
  const server = await startGitServer({ root: repository.root, ...options });
  servers.push(server);
  const login = { user: 'bot', token: 'planted-write-token' };
  const url = `${server.url}/fleet.git`;
  const at = { url, login, ca: null, userAgent: 'headgate-test', agents, limits: GIT_LIMITS };
  const open = (): RefWriter => openRefWriter(at, openRepository(at));
  return { repository, server, open };
}

function revisionOf(text: string): Revision {
  const revision = asRevision(text);
  if (revision === null) throw new Error(`${text} is not a commit id`);
  return revision;
}

/** `target` is at the commit, which has the note. */
function record(revision: Revision, note: string, target = 'prod'): TargetRecord {
  return { target, deployed: revision, notes: new Map([[revision, note]]), atMs: 1_700_000_100_000 };
}

describe('a recorded deploy', () => {
  it.each(['sha1', 'sha256'])(
    'is a ref and a note that git reads, on top of the notes before, in a %s repository',
    async (format) => {
      const { repository, open } = await bed({ format });
      const [first, second] = [1, 2].map((each) => revisionOf(repository.commit({ a: `${each}` })));
      if (first === undefined || second === undefined) throw new Error('no commits');
      const writer = open();
      expect(await writer.write([record(first, 'deployed: 1 created')], signal)).toEqual([]);
      // One look at the refs and one push.
      expect(writer.usage.requests).toBe(2);
      const before = repository.git('rev-parse', NOTES);
      expect(await open().write([record(second, 'deployed: 1 updated')], signal)).toEqual([]);
      expect(repository.git('rev-parse', 'refs/headgate/prod')).toBe(second);
      expect(
        repository.git('log', '--notes=headgate/prod', '--format=%H %N', 'main').split('\n').filter(Boolean),
      ).toEqual([`${second} deployed: 1 updated`, `${first} deployed: 1 created`]);
      expect(repository.git('rev-parse', `${NOTES}^`)).toBe(before);
      // Back, as after a force-push: the ref may move anywhere, and the note says the newest.
      expect(await open().write([record(first, 'deployed: 1 updated again')], signal)).toEqual([]);
      expect(repository.git('rev-parse', 'refs/headgate/prod')).toBe(first);
      expect(repository.git('notes', '--ref=headgate/prod', 'show', first)).toBe('deployed: 1 updated again');
      expect(repository.git('fsck', '--strict')).toBe('');
    },
  );

  // git writes a few notes into one directory, and many into directories of directories.
  it.each([0, 1, 2, 3])('replaces a note that is %i directories deep, and keeps the others', async (depth) => {
    const { repository, open } = await bed();
    const [revision, other] = [1, 2].map((each) => revisionOf(repository.commit({ a: `${each}` })));
    if (revision === undefined || other === undefined) throw new Error('no commits');
    const at = (commit: string) =>
      [
        ...Array.from({ length: depth }, (_, level) => commit.slice(level * 2, level * 2 + 2)),
        commit.slice(depth * 2),
      ].join('/');
    const neighbor = `${revision.slice(0, -1)}${revision.endsWith('0') ? '1' : '0'}`;
    const paths = [revision, other, neighbor].map((commit) => at(commit));
    repository.commit(Object.fromEntries(paths.map((path) => [path, 'by git\n'])), { branch: 'notes' });
    repository.git('update-ref', NOTES, 'refs/heads/notes');
    expect(await open().write([record(revision, 'deployed')], signal)).toEqual([]);
    const shown = repository.git('log', '--notes=headgate/prod', '--format=%H %N', 'main').split('\n').filter(Boolean);
    expect(shown).toEqual([`${other} by git`, `${revision} deployed`]);
    expect(repository.git('ls-tree', '-r', '--name-only', NOTES).split('\n')).toEqual(paths.toSorted());
  });

  it('pushes nothing when the queue delivers it again', async () => {
    const { repository, server, open } = await bed();
    const revision = revisionOf(repository.commit({ a: '1' }));
    await open().write([record(revision, 'deployed')], signal);
    server.requests.splice(0);
    expect(await open().write([record(revision, 'deployed')], signal)).toEqual([]);
    expect(server.requests.filter(({ path }) => path.endsWith('/git-receive-pack'))).toEqual([]);
  });

  it('holds up no other target when the host refuses its ref, has no such commit, or its notes cannot be read', async () => {
    const { repository, open } = await bed();
    const revision = revisionOf(repository.commit({ a: '1' }));
    const unknown = revisionOf('1'.padStart(40, '0'));
    const hook = '#!/bin/sh\n[ "$1" != refs/headgate/closed ] || { echo "not here" >&2; exit 1; }\n';
    writeFileSync(join(repository.path, 'hooks', 'update'), hook, { mode: 0o755 });
    repository.git('update-ref', 'refs/notes/headgate/blob', repository.git('rev-parse', 'main:a'));
    const records = [
      record(revision, 'deployed', 'closed'),
      record(unknown, 'deployed', 'gone'),
      record(revision, 'deployed', 'blob'),
      record(revision, 'deployed', 'open'),
    ];
    const refused = await open().write(records, signal);
    expect(refused.map(({ target, error }) => [target, error.code, error.message])).toEqual([
      ['blob', 'revision-missing', expect.stringContaining('is not a commit')],
      [
        'closed',
        'push-refused',
        expect.stringMatching(/^the Git host refused to move refs\/headgate\/closed: hook declined; .*not here/),
      ],
      ['gone', 'push-refused', expect.stringContaining('refs/headgate/gone: missing necessary objects')],
    ]);
    expect(
      repository.git('for-each-ref', '--format=%(refname)', 'refs/headgate', NOTES.replace('prod', 'open')).split('\n'),
    ).toEqual(['refs/headgate/open', 'refs/notes/headgate/open']);
  });

  it('may be tried again when another process moves the ref between the look and the push', async () => {
    const moved: (() => void)[] = [];
    const { repository, open } = await bed({
      intercept({ method, url = '' }) {
        if (method === 'POST' && url.endsWith('/git-receive-pack')) moved.splice(0).forEach((move) => move());
        return false;
      },
    });
    const [first, second] = [1, 2].map((each) => revisionOf(repository.commit({ a: `${each}` })));
    if (first === undefined || second === undefined) throw new Error('no commits');
    moved.push(() => repository.git('update-ref', 'refs/headgate/prod', second));
    const refused = await open().write([record(first, 'deployed')], signal);
    expect(refused.map(({ error }) => error.code)).toEqual(['git-unreachable']);
    expect(repository.git('rev-parse', 'refs/headgate/prod')).toBe(second);
  });
});
