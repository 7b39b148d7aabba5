import { describe, expect, it } from 'vitest';
import { hostOf } from '../../../src/githost/hosts.ts';
import type { Parsed } from '../../../src/githost/port/git-host.ts';
import type { ApiAnswer } from '../../../src/githost/port/host-api.ts';
import type { HostCall, PullRequestApi } from '../../../src/githost/port/pull-requests.ts';
import { aRevision } from '../builders.ts';
import { CASES, deliveryOf } from './cases.ts';
import { NEW, OLD, SENT_AT_MS } from './host-case.ts';
import type { HostCase, Sent } from './host-case.ts';
import { pullRequestCaseOf } from './pull-request-cases.ts';

async function parse(host: HostCase, sent: Sent): Promise<Parsed> {
  const receiver = await hostOf(host).loadReceiver();
  const proof = { secrets: [host.secret], nowMs: SENT_AT_MS };
  const authentic = await receiver.authenticate(deliveryOf(host, sent), proof);
  if (authentic === null) throw new Error('the case signs what it sends');
  return receiver.parse(authentic);
}

it.each(CASES)('reads pull requests of $name, or says that it does not', (host) => {
  expect(hostOf(host).loadPullRequests === null).toBe(host.lacks.includes('pull-requests'));
  expect(pullRequestCaseOf(host.host) === null).toBe(host.lacks.includes('pull-requests'));
});

const WITH = CASES.flatMap((host) => {
  const pulls = pullRequestCaseOf(host.host);
  return pulls === null ? [] : [{ name: host.name, host, pulls }];
});

describe.each(WITH)('a pull request of $name', ({ host, pulls }) => {
  const repository = { id: host.id, fullName: host.fullName };
  const at = { api: host.api ?? '', fullName: host.fullName };

  async function api(): Promise<PullRequestApi> {
    const load = hostOf(host).loadPullRequests;
    if (load === null) throw new Error('the case has pull requests');
    return load();
  }

  function read<Result>({ read: readAnswer }: HostCall<Result>, content: unknown, change: Partial<ApiAnswer> = {}) {
    return readAnswer({ status: 200, headers: {}, text: JSON.stringify(content), ...change });
  }

  it('is announced by what happened to it, its number and its branch', async () => {
    for (const [action, all] of Object.entries(pulls.events)) {
      for (const sent of all) {
        const hint = { kind: 'pull-request', repository, pullRequest: 12, action, into: 'main' };
        expect(await parse(host, sent)).toEqual(hint);
      }
    }
  });

  it('is announced with a new comment, and with nothing else that happens to comments', async () => {
    const comment = { kind: 'comment', repository, pullRequest: 12, commentId: '77', body: '/headgate plan' };
    expect(await parse(host, pulls.comment('/headgate plan'))).toEqual(comment);
    for (const [what, sent] of Object.entries(pulls.ignored)) {
      expect([what, await parse(host, sent)]).toMatchObject([what, { kind: 'ignored', repository }]);
    }
  });

  it('is not understood without its number, and never has another type of one', async () => {
    for (const number of [undefined, null, '12', -1, 0, 1.5, 2 ** 60]) {
      for (const sent of [...pulls.events.opened, pulls.comment('x')]) {
        const text = JSON.stringify(sent.payload).replaceAll(
          /"(number|iid)":12/g,
          `"$1":${JSON.stringify(number) ?? '"none"'}`,
        );
        const parsed = await parse(host, { ...sent, payload: JSON.parse(text) as unknown });
        expect([number, parsed.kind]).toEqual([number, 'not-understood']);
      }
    }
  });

  it.each(['open', 'closed', 'merged'] as const)('is read when it is %s', async (state) => {
    const call = (await api()).readOne(at, 12);
    expect(call.request).toMatchObject({ method: 'GET', url: `${host.api}${pulls.pathOfOne}`, body: null });
    expect(read(call, pulls.pullRequest({ state, isFork: false }))).toEqual({
      number: 12,
      title: 'More replicas',
      author: { id: '11', name: 'ann', displayName: 'Ann Example' },
      state,
      isDraft: false,
      isFork: false,
      head: { revision: NEW, branch: 'next' },
      into: 'main',
      labels: ['preview'],
      mergeRevision: state === 'merged' ? OLD : null,
      url: 'https://host.example.com/acme/fleet/pull/12',
    });
    expect(read(call, pulls.pullRequest({ state, isFork: true }))).toMatchObject({ isFork: true });
  });

  it('does not exist with status 404, and is an error with another status or shape', async () => {
    const call = (await api()).readOne(at, 12);
    expect(read(call, { message: 'Not Found' }, { status: 404 })).toBeNull();
    for (const status of [301, 400, 401, 403, 422, 429, 500])
      expect(read(call, pulls.pullRequest({ state: 'open', isFork: false }), { status })).toBeUndefined();
    for (const text of ['', '<html>', '[]', '{}', 'null']) expect(read(call, null, { text })).toBeUndefined();
  });

  it('is listed with others into a branch, whose name is encoded, page by page', async () => {
    const into = 'release/1&x=é';
    const call = (await api()).listOpen(at, into, 3);
    expect(call.request.url).toContain(encodeURIComponent(into));
    expect(call.request.url).toMatch(/[?&]page=3(&|$)/);
    const main = (await api()).listOpen(at, 'main', 1);
    const one = pulls.pullRequest({ state: 'open', isFork: false });
    expect(read(main, [one])).toMatchObject({ items: [{ number: 12 }], isLast: true });
    expect(read(main, [one], { headers: pulls.nextPage })).toMatchObject({ isLast: false });
  });

  it('is found by a commit that it brought', async () => {
    const call = (await api()).ofCommit(at, aRevision(NEW));
    expect(call.request.url).toContain(NEW);
    const merged = pulls.pullRequest({ state: 'merged', isFork: false });
    const isList = call.request.url.includes('pulls') || call.request.url.includes('merge_requests');
    expect(read(call, isList ? [merged] : merged)).toMatchObject([{ number: 12, state: 'merged' }]);
    expect(
      read(call, isList ? [] : { message: 'pull request does not exist [id: 0]' }, { status: isList ? 200 : 404 }),
    ).toEqual([]);
  });

  it('has comments with their author, and whether they were edited', async () => {
    const call = (await api()).readComment({ ...at, pullRequest: 12, commentId: '77' });
    expect(call.request.url).toContain('77');
    const whole = { id: '77', author: { id: '11', name: 'ann', displayName: 'Ann Example' }, body: '/headgate plan' };
    for (const isEdited of [false, true]) {
      const written = pulls.writtenComment({ body: '/headgate plan', isEdited, on: 12 });
      expect(read(call, written)).toEqual({ ...whole, isEdited });
      expect(read((await api()).listComments(at, 12, 1), [written])).toEqual({
        items: [{ ...whole, isEdited }],
        isLast: true,
      });
    }
    const elsewhere = pulls.writtenComment({ body: '/headgate plan', isEdited: false, on: 13 });
    // Either its answer says where the comment is, or only the right request finds it.
    expect(call.request.url.includes('/12/')).toBe(!pulls.commentsKnowTheirPullRequest);
    expect(read(call, elsewhere) === null).toBe(pulls.commentsKnowTheirPullRequest);
    expect(read(call, {}, { status: 404 })).toBeNull();
  });

  it('never addresses another path by the id of a comment', async () => {
    for (const commentId of ['../../pulls/1', '77?x', '', '1e3', '７']) {
      const location = { ...at, pullRequest: 12, commentId };
      const pullRequests = await api();
      const comment = { id: commentId, author: { id: '1', name: 'a', displayName: null }, body: '', isEdited: false };
      for (const call of [
        pullRequests.readComment(location),
        pullRequests.changeComment(location, 'x', comment),
        pullRequests.react?.(location, 'seen'),
      ])
        expect(call?.request.url ?? '/0').toMatch(/\/0(\/(reactions|award_emoji))?$/);
    }
  });

  it('is commented on with a body of any content, and the comment changed', async () => {
    const body = '<!-- x -->\n"quoted" \u2028 😀';
    const pullRequests = await api();
    const created = pullRequests.createComment(at, 12, body);
    const written = pulls.writtenComment({ body, isEdited: false, on: 12 });
    expect(created.request.method).toBe('POST');
    expect(JSON.parse(created.request.body ?? '')).toEqual({ body });
    expect(read(created, written, { status: 201 })).toMatchObject({ id: '77', body });
    const comment = { id: '77', author: { id: '1', name: 'a', displayName: null }, body: '', isEdited: false };
    const changed = pullRequests.changeComment({ ...at, pullRequest: 12, commentId: '77' }, body, comment);
    expect(changed.request.url).toMatch(/\/77$/);
    expect(JSON.parse(changed.request.body ?? '')).toEqual({ body });
    for (const reaction of ['seen', 'done', 'refused'] as const) {
      const reacted = pullRequests.react?.({ ...at, pullRequest: 12, commentId: '77' }, reaction);
      expect(reacted === undefined || read(reacted, {}, { status: 201 })).toBe(true);
    }
    expect(pullRequests.commentLimit.length).toBeGreaterThanOrEqual(32_768);
  });

  it('is found by its branches while it is open, and never one of a fork', async () => {
    const pullRequests = await api();
    const call = pullRequests.findOpen(at, { head: 'next', into: 'main' }, 2);
    expect(call.request).toMatchObject({ method: 'GET', body: null });
    expect(call.request.url).toContain(pulls.written.finding);
    expect(call.request.url).toMatch(/[?&]page=2(&|$)/);
    const answered = (change: Parameters<typeof pulls.pullRequest>[0]) => read(call, [pulls.pullRequest(change)]);
    const url = 'https://host.example.com/acme/fleet/pull/12';
    const open = { number: 12, title: 'More replicas', body: 'Why', url };
    const none = { items: [], isLast: true };
    expect(answered({ state: 'open', isFork: false })).toEqual({ items: [open], isLast: true });
    expect(answered({ state: 'open', isFork: true })).toEqual(none);
    expect(answered({ state: 'closed', isFork: false })).toEqual(none);
    expect(read(call, [], { headers: pulls.nextPage })).toEqual({ items: [], isLast: false });
    expect(read(call, {}, { status: 500 })).toBeUndefined();
    const odd = pullRequests.findOpen(at, { head: 'a/b&c', into: 'x?y' }, 1);
    // Gitea selects the other branch alone.
    expect(odd.request.url.includes('a%2Fb%26c')).toBe(pulls.written.finding.includes('next'));
    expect(odd.request.url).toMatch(/x%3Fy/);
    expect(read(odd, [pulls.pullRequest({ state: 'open', isFork: false })])).toEqual(none);
  });

  it('is opened and changed with its text, and the answer has its number', async () => {
    const pullRequests = await api();
    const text = { title: 'A title', body: 'A body' };
    const opening = pullRequests.open(at, { head: 'next', into: 'main', ...text });
    expect(opening.request.method).toBe('POST');
    expect(JSON.parse(opening.request.body ?? '')).toEqual(pulls.written.opening);
    const changing = pullRequests.changeText(at, 12, text);
    expect(changing.request).toMatchObject({ method: pulls.written.method, url: `${host.api}${pulls.pathOfOne}` });
    expect(JSON.parse(changing.request.body ?? '')).toEqual(pulls.written.text);
    const answer = pulls.pullRequest({ state: 'open', isFork: false });
    for (const call of [opening, changing]) {
      expect(read(call, answer, { status: 201 })).toMatchObject({ number: 12, body: 'Why' });
      for (const status of [403, 409, 422]) expect(read(call, answer, { status })).toBeUndefined();
    }
  });

  it('may be approved by an account that may write, as the host says', async () => {
    const account = { id: '11', name: 'a/../b', displayName: null };
    const call = (await api()).mayWrite(at, account);
    expect(call.request.url).not.toContain('..%2F..');
    expect(call.request.url).not.toContain('a/../b');
    expect(read(call, pulls.permission(true))).toBe(true);
    expect(read(call, pulls.permission(false))).toBe(false);
    expect(read(call, {}, { status: 404 })).toBeNull();
    expect(read(call, {})).toBeUndefined();
  });

  it('has the people of its commits, and the messages that name more of them', async () => {
    const call = (await api()).listCommits(at, 12, 1);
    expect(read(call, [pulls.commit])).toEqual({
      items: [
        {
          accounts: pulls.knowsAuthors ? [{ id: '11', name: 'ann', displayName: 'Ann Example' }] : [],
          names: ['Ann', 'ann@example.com', 'Bob', 'bob@example.com'],
          message: 'Change\n\nCo-authored-by: Cleo <cleo@example.com>\n',
        },
      ],
      isLast: true,
    });
  });

  it('is sent by the webhooks that connect registers, and missing events are mistakes', async () => {
    const { hooks, manualText } = await hostOf(host).loadSetup();
    const settings = { url: 'https://headgate.example.com/webhooks/fleet', secret: 'a secret' };
    const bodyOf = (pullRequests: boolean) => hooks?.createRequest(at, { ...settings, pullRequests }).body ?? '';
    expect(bodyOf(true)).not.toBe(bodyOf(false));
    const textOf = (pullRequests: boolean) =>
      manualText({ url: host.url, fullName: host.fullName, pullRequests }, settings.url);
    expect(textOf(true)).toMatch(/pull request|merge request/i);
    expect(textOf(false)).not.toMatch(/pull request|merge request/i);
  });
});
