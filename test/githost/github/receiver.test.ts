import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Delivery, Parsed } from '../../../src/githost/port/git-host.ts';
import { githubReceiver } from '../../../src/githost/github/receiver.ts';
import { aDelivery, aPayload, REVISION, SECRET, sign, TREE } from '../builders.ts';
import { EXAMPLES } from './examples.ts';

async function authenticate(delivery: Delivery, secrets: readonly string[]) {
  return githubReceiver.authenticate(delivery, { secrets, nowMs: 0 });
}

async function parse(payload: unknown, headers: Delivery['headers'] = {}): Promise<Parsed> {
  const delivery = await authenticate(aDelivery(JSON.stringify(payload), headers), [SECRET]);
  if (delivery === null) throw new Error('the builder signs what it builds');
  return githubReceiver.parse(delivery);
}

describe('the authentication of a delivery', () => {
  const documented = {
    id: 'an-id',
    body: Buffer.from('Hello, World!'),
    headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
  };

  it('accepts the example in GitHub’s documentation', async () => {
    expect(await authenticate(documented, ["It's a Secret to Everybody"])).toEqual(documented);
    expect(await authenticate(documented, ["It's a Secret to everybody"])).toBeNull();
  });

  it('accepts either of two secrets during a rotation', async () => {
    expect(await authenticate(documented, ['the new one', "It's a Secret to Everybody"])).toEqual(documented);
  });

  it('rejects every delivery when there is no secret or an empty one', async () => {
    expect(await authenticate(documented, [])).toBeNull();
    expect(await authenticate(aDelivery('{}', { 'x-hub-signature-256': sign('{}', '') }), [''])).toBeNull();
  });

  it.each([
    ['no signature', undefined],
    ['an empty signature', ''],
    ['only the prefix of a signature', 'sha256='],
    ['a signature without its prefix', sign('{}').slice('sha256='.length)],
    ['the signature of another body', sign('{ }')],
    ['a truncated signature', sign('{}').slice(0, -1)],
    ['a signature with non-ASCII text', `sha256=${'é'.repeat(64)}`],
  ])('rejects a delivery with %s', async (_name, signature) => {
    expect(await authenticate(aDelivery('{}', { 'x-hub-signature-256': signature }), [SECRET])).toBeNull();
  });

  it('rejects a delivery that has only the old SHA-1 signature', async () => {
    const sha1 = createHmac('sha1', SECRET).update('{}').digest('hex');
    const headers = { 'x-hub-signature-256': undefined, 'x-hub-signature': `sha1=${sha1}` };
    expect(await authenticate(aDelivery('{}', headers), [SECRET])).toBeNull();
  });

  it('rejects an empty body even with a valid signature', async () => {
    expect(await authenticate(aDelivery(''), [SECRET])).toBeNull();
  });

  it('rejects bytes that are not UTF-8, even when their text with replacement characters is signed', async () => {
    const body = Buffer.from([0x7b, 0xff, 0x7d]);
    expect(await authenticate(aDelivery(body), [SECRET])).toBeNull();
    const replaced = aDelivery(body, { 'x-hub-signature-256': sign('{\ufffd}') });
    expect(await authenticate(replaced, [SECRET])).toBeNull();
  });

  it('covers the BOM', async () => {
    const body = Buffer.from('\ufeff{}');
    expect(await authenticate(aDelivery(body), [SECRET])).not.toBeNull();
    expect(await authenticate(aDelivery(body, { 'x-hub-signature-256': sign('{}') }), [SECRET])).toBeNull();
  });
});

describe('parsing a delivery', () => {
  it('returns the push', async () => {
    expect(await parse(aPayload())).toEqual({
      kind: 'pushes',
      repository: { id: '42', fullName: 'acme/fleet' },
      pushes: [
        {
          ref: 'refs/heads/main',
          revision: REVISION,
          rootTree: TREE,
          isForced: false,
          changedPaths: ['clusters/prod/a.yaml'],
        },
      ],
    });
  });

  it('returns a push that was sent as a form', async () => {
    const body = new URLSearchParams({ payload: JSON.stringify(aPayload()) }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const delivery = await authenticate(aDelivery(body, headers), [SECRET]);
    expect(delivery && githubReceiver.parse(delivery)).toMatchObject({
      kind: 'pushes',
      pushes: [{ revision: REVISION }],
    });
  });

  it('ignores the tree id of a commit other than the tip', async () => {
    const read = await parse(aPayload({ head_commit: { id: '3'.repeat(40), tree_id: TREE } }));
    expect(read).toMatchObject({ kind: 'pushes', pushes: [{ rootTree: null }] });
  });

  it.each([
    ['a tag', { ref: 'refs/tags/v1' }, 'the ref is a tag, and targets follow branches'],
    ['a deleted branch', { deleted: true, after: '0'.repeat(40), head_commit: null }, 'branch "main" was deleted'],
    ['a deleted branch without the flag', { deleted: undefined, after: '0'.repeat(40) }, 'branch "main" was deleted'],
    ['a branch with only the deleted flag', { deleted: true }, 'branch "main" was deleted'],
    ['a ref that is not a branch', { ref: 'refs/notes/commits' }, 'the ref is not a branch'],
  ])('ignores %s and returns the reason', async (_name, change, reason) => {
    const repository = { id: '42', fullName: 'acme/fleet' };
    expect(await parse(aPayload(change))).toEqual({ kind: 'ignored', reason, repository });
  });

  it.each([
    ['no repository', { repository: undefined }],
    ['a repository without id', { repository: { full_name: 'acme/fleet' } }],
    ['an abbreviated commit', { after: '1234567' }],
    ['a ref that is not a string', { ref: 7 }],
  ])('does not recognize a push with %s', async (_name, change) => {
    expect(await parse(aPayload(change))).toMatchObject({ kind: 'not-understood' });
  });

  it('does not recognize a body that is not JSON or a delivery without an event', async () => {
    const delivery = await authenticate(aDelivery('<xml/>'), [SECRET]);
    expect(delivery && githubReceiver.parse(delivery)).toEqual({
      kind: 'not-understood',
      reason: 'the body is not JSON',
    });
    expect(await parse(aPayload(), { 'x-github-event': undefined })).toMatchObject({ kind: 'not-understood' });
  });

  it.each([
    ['a success', 'success', { kind: 'status', repository: { id: '42', fullName: 'acme/fleet' }, context: 'ci/e2e' }],
    ['a failure', 'failure', { kind: 'ignored', reason: 'event "status"' }],
    ['a status without a state', undefined, { kind: 'not-understood' }],
  ])('reads %s of another system as a hint only when promotions may continue', async (_what, state, parsed) => {
    const repository = { id: 42, full_name: 'acme/fleet' };
    const payload = { sha: REVISION, context: 'ci/e2e', state, repository };
    expect(await parse(payload, { 'x-github-event': 'status' })).toMatchObject(parsed);
  });

  it('classifies every example payload from GitHub', async () => {
    const read = EXAMPLES.flatMap(({ name, examples }) =>
      examples.map(async (payload) => ({ name, parsed: await parse(payload, { 'x-github-event': name }) })),
    );
    const all = (await Promise.all(read)).map(({ name, parsed }) => {
      return parsed.kind === 'ignored' ? `${name}: ${parsed.reason}` : `${name}: ${parsed.kind}`;
    });
    const byResult = (event: string) =>
      Object.groupBy(
        all.filter((each) => each.startsWith(`${event}: `)),
        String,
      );
    expect(Object.keys(byResult('pull_request')).toSorted()).toEqual([
      'pull_request: event "pull_request" with action "assigned"',
      'pull_request: event "pull_request" with action "locked"',
      'pull_request: event "pull_request" with action "review_request_removed"',
      'pull_request: event "pull_request" with action "review_requested"',
      'pull_request: event "pull_request" with action "unassigned"',
      'pull_request: event "pull_request" with action "unlocked"',
      'pull_request: pull-request',
    ]);
    expect(Object.keys(byResult('issue_comment')).toSorted()).toEqual([
      'issue_comment: event "issue_comment" with action "deleted"',
      'issue_comment: event "issue_comment" with action "edited"',
      'issue_comment: the comment is on an issue',
    ]);
    expect(Object.keys(byResult('status')).toSorted()).toEqual(['status: status']);
    const isRead = (name: string) => ['push', 'pull_request', 'issue_comment', 'status'].includes(name);
    const pushes = all.filter((each) => each.startsWith('push: ')).toSorted();
    const tag = 'push: the ref is a tag, and targets follow branches';
    expect(pushes).toEqual(['push: pushes', 'push: pushes', tag, tag, tag, tag, tag]);
    const others = EXAMPLES.filter(({ name }) => !isRead(name)).flatMap(({ name, examples }) =>
      examples.map(() => (name === 'ping' ? 'ping: ping' : `${name}: event "${name}"`)),
    );
    expect(all.filter((each) => !isRead(each.split(':')[0] ?? ''))).toEqual(others);
    expect(others.length).toBeGreaterThan(200);
  });
});

function commit(files: number) {
  return { added: [], modified: Array.from({ length: files }, (_each, index) => `f/${index}`), removed: [] };
}

async function pathsOf(change: Readonly<Record<string, unknown>>) {
  const read = await parse(aPayload(change));
  return read.kind === 'pushes' ? (read.pushes[0]?.changedPaths?.length ?? null) : read;
}

describe('the list of changed paths', () => {
  it('has every path that was added, modified or removed in any commit, once', async () => {
    const commits = [
      { added: ['a'], modified: ['b'], removed: ['c'] },
      { added: [], modified: ['a'], removed: ['d'] },
    ];
    expect(await parse(aPayload({ commits }))).toMatchObject({ pushes: [{ changedPaths: ['a', 'b', 'c', 'd'] }] });
  });

  it.each([
    ['no commit', { commits: [] }, null],
    ['2,047 commits', { commits: Array.from({ length: 2047 }, () => commit(1)) }, 1],
    ['2,048 commits', { commits: Array.from({ length: 2048 }, () => commit(1)) }, null],
    ['a commit of 2,999 files', { commits: [commit(1), commit(2999)] }, 2999],
    ['a commit of 3,000 files', { commits: [commit(1), commit(3000)] }, null],
    ['a created branch', { created: true }, null],
    ['a forced push', { forced: true }, null],
    ['no forced flag', { forced: undefined }, null],
    ['commits that list no files', { commits: [{ id: REVISION }] }, null],
    ['no list of commits', { commits: undefined }, null],
  ])('is null unless it is certainly complete: with %s', async (_name, change, paths) => {
    expect(await pathsOf(change)).toBe(paths);
  });
});
