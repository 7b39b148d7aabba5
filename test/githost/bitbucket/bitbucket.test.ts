import { describe, expect, it } from 'vitest';
import { bitbucketApi } from '../../../src/githost/bitbucket/api.ts';
import { bitbucketReceiver } from '../../../src/githost/bitbucket/receiver.ts';
import { bitbucketSetup } from '../../../src/githost/bitbucket/setup.ts';
import type { CommitStatus } from '../../../src/githost/port/host-api.ts';
import { aRevision } from '../builders.ts';
import { BITBUCKET } from '../conformance/bitbucket-case.ts';
import { deliveryOf } from '../conformance/cases.ts';
import { NEW, SENT_AT_MS } from '../conformance/host-case.ts';

const AT = { api: 'https://api.bitbucket.org/2.0', fullName: 'acme/fleet', revision: aRevision(NEW) };

async function parse(changes: readonly object[]) {
  const payload = { repository: { uuid: BITBUCKET.id, full_name: BITBUCKET.fullName }, push: { changes } };
  const sent = { event: 'repo:push', payload };
  const proof = { secrets: [BITBUCKET.secret], nowMs: SENT_AT_MS };
  const authentic = await bitbucketReceiver.authenticate(deliveryOf(BITBUCKET, sent), proof);
  return authentic === null ? null : bitbucketReceiver.parse(authentic);
}

const branch = (name: string) => ({ type: 'branch', name, target: { hash: NEW } });

describe('a push of Bitbucket Cloud', () => {
  it('is forced when Bitbucket marks the ref as forced', async () => {
    const changes = [
      { old: branch('main'), new: branch('main'), forced: true },
      { old: branch('next'), new: branch('next'), forced: false },
    ];
    expect(await parse(changes)).toMatchObject({ pushes: [{ isForced: true }, { isForced: false }] });
  });

  it('is ignored when it changes neither a branch nor a tag', async () => {
    const bookmark = { type: 'bookmark', name: 'main', target: { hash: NEW } };
    expect(await parse([{ old: null, new: bookmark }])).toMatchObject({
      kind: 'ignored',
      reason: 'the ref is not a branch',
    });
    expect(await parse([{ old: null, new: null }])).toMatchObject({
      kind: 'ignored',
      reason: 'the ref is not a branch',
    });
  });

  it('is not understood when a branch has no commit', async () => {
    expect(await parse([{ old: null, new: { type: 'branch', name: 'main' } }])).toMatchObject({
      kind: 'not-understood',
    });
  });
});

describe('a build status of Bitbucket Cloud', () => {
  function written(status: Partial<CommitStatus>): { key: string; state: string } {
    const whole = { state: 'success', context: 'headgate/shop', description: '', ...status } as const;
    return JSON.parse(bitbucketApi.statusRequest(AT, whole).body ?? '');
  }

  it('has a key of 40 characters, which differs for every context however long', () => {
    const long = `headgate/plan/${'x'.repeat(40)}`;
    const keys = ['headgate/shop', long, `${long}y`].map((context) => written({ context }).key);
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^hg-[0-9a-f]{37}$/);
  });

  it('is in progress while pending, and failed for every failure', () => {
    const states = (['pending', 'success', 'failure', 'error'] as const).map((state) => written({ state }).state);
    expect(states).toEqual(['INPROGRESS', 'SUCCESSFUL', 'FAILED', 'FAILED']);
  });
});

describe('a webhook that Bitbucket Cloud lists', () => {
  const hook = {
    uuid: '{7e1f3c9a-1111-4222-8333-444455556666}',
    url: 'https://headgate.example.com/webhooks/fleet',
    active: true,
    events: ['repo:push'],
    skip_cert_verification: false,
    secret_set: true,
  };

  it.each([
    ['nothing', {}, []],
    ['that it is disabled', { active: false }, ['it is disabled']],
    ['missing push events', { events: ['pullrequest:created'] }, ['it does not send push events']],
    ['unverified TLS', { skip_cert_verification: true }, ['it does not verify TLS']],
    ['a missing secret', { secret_set: false }, ['it has no secret']],
  ])('has %s as mistakes', (_what, change, mistakes) => {
    const listed = JSON.stringify({ values: [{ ...hook, ...change }] });
    expect(bitbucketSetup.hooks?.parseHooks(listed, { pullRequests: false })).toEqual([
      { id: hook.uuid, url: hook.url, mistakes },
    ]);
  });

  it('is addressed by its encoded id', () => {
    const settings = { url: hook.url, secret: 'planted-secret', pullRequests: false };
    expect(bitbucketSetup.hooks?.updateRequest(AT, hook.uuid, settings).url).toContain(
      '/hooks/%7B7e1f3c9a-1111-4222-8333-444455556666%7D',
    );
  });
});
