import { expect, it } from 'vitest';
import { gitlabReceiver } from '../../../src/githost/gitlab/receiver.ts';
import { gitlabApi } from '../../../src/githost/gitlab/api.ts';
import type { Delivery } from '../../../src/githost/port/git-host.ts';

/** Key 00 to 1f, computed after https://www.standardwebhooks.com and not by the code that verifies it. */
const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const SIGNATURE = 'v1,gnAojRW0quPMFM2YNB/MJGUms2HXEPJ/tfLHzD0ODLs=';
const SIGNED: Delivery = {
  id: 'id-1',
  headers: { 'webhook-id': 'id-1', 'webhook-timestamp': '1700000000', 'webhook-signature': SIGNATURE },
  body: Buffer.from('Hello, World!'),
};

async function accepts(headers: Delivery['headers'], secret = SECRET): Promise<boolean> {
  const delivery = { ...SIGNED, headers: { ...SIGNED.headers, ...headers } };
  return (await gitlabReceiver.authenticate(delivery, { secrets: [secret], nowMs: 1_700_000_000_000 })) !== null;
}

it('a signed delivery of GitLab is verified with its id, its time and its body', async () => {
  expect(await accepts({})).toBe(true);
  expect(await accepts({ 'webhook-id': 'id-2' })).toBe(false);
  expect(await accepts({ 'webhook-timestamp': '1700000001' })).toBe(false);
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    expect(await accepts({ [name]: undefined })).toBe(false);
    expect(await accepts({ [name]: '' })).toBe(false);
  }
});

it('a delivery of GitLab may have several signatures while its token is rotated', async () => {
  const other = `v1,${Buffer.alloc(32).toString('base64')}`;
  expect(await accepts({ 'webhook-signature': `${other} ${SIGNATURE}` })).toBe(true);
  expect(await accepts({ 'webhook-signature': `${other} v2,x` })).toBe(false);
});

it('the secret for GitLab decides how a delivery is verified, never the headers', async () => {
  // A signing token that leaks as a header, or a token of the old scheme used as a key, proves nothing.
  expect(await accepts({ 'webhook-signature': undefined, 'x-gitlab-token': SECRET })).toBe(false);
  expect(await accepts({ 'x-gitlab-token': 'an old token' }, 'another token')).toBe(false);
  expect(await accepts({ 'x-gitlab-token': 'an old token' }, 'an old token')).toBe(true);
  expect(await accepts({}, 'whsec_')).toBe(false);
});

it('a commit status that GitLab refuses as a repetition counts as set', () => {
  const answer = (message: string) => ({ status: 400, headers: {}, text: JSON.stringify({ message }) });
  const repeated = 'Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition)';
  expect(gitlabApi.isStatusSet(answer(repeated))).toBe(true);
  expect(gitlabApi.isStatusSet(answer('Cannot transition status via :run from :canceled'))).toBe(false);
});

it('a commit that GitLab does not have is distinguished from a project that the credentials may not see', () => {
  const answer = (message: string) => ({ status: 404, headers: {}, text: JSON.stringify({ message }) });
  expect(gitlabApi.showsStatusAccess(answer('404 Commit Not Found'))).toBe(true);
  expect(gitlabApi.showsStatusAccess(answer('404 Project Not Found'))).toBe(false);
});
