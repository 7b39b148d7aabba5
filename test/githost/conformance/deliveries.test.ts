import { describe, expect, it } from 'vitest';
import { HOST_NAMES, hostOf } from '../../../src/githost/hosts.ts';
import { authenticByPlatform } from '../../../src/githost/port/authentic.ts';
import type { Delivery, GitHost, Parsed } from '../../../src/githost/port/git-host.ts';
import { CASES, deliveryOf } from './cases.ts';
import { NEW, OLD, SENT_AT_MS, TREE, UPDATE } from './host-case.ts';
import type { HostCase, Lack, Sent } from './host-case.ts';

it('runs the conformance suite on every Git host', () => {
  expect(new Set(CASES.map(({ host }) => host))).toEqual(new Set(HOST_NAMES));
});

/** The secrets are those of headgate.yml, while they are rotated. */
async function authenticate(
  receiver: GitHost,
  delivery: Delivery,
  { secrets, nowMs = SENT_AT_MS }: { secrets: readonly string[]; nowMs?: number },
) {
  return receiver.authenticate(delivery, { secrets, nowMs });
}

async function parse(host: HostCase, sent: Sent, body?: Buffer): Promise<Parsed> {
  const receiver = await hostOf(host).loadReceiver();
  const delivery = deliveryOf(host, sent, body === undefined ? {} : { body });
  const authentic = host.lacks.includes('http')
    ? authenticByPlatform(delivery)
    : await authenticate(receiver, delivery, { secrets: [host.secret] });
  if (authentic === null) throw new Error('the case signs what it sends');
  return receiver.parse(authentic);
}

describe.each(CASES)('a delivery of $name', (host) => {
  const lacks = (lack: Lack) => host.lacks.includes(lack);
  const isHttp = !lacks('http');
  const body = Buffer.from(JSON.stringify(host.push([UPDATE]).payload));
  const signed = deliveryOf(host, host.push([UPDATE]));

  async function accepts(delivery: Delivery, secrets: readonly string[], nowMs = SENT_AT_MS): Promise<boolean> {
    const receiver = await hostOf(host).loadReceiver();
    return (await authenticate(receiver, delivery, { secrets, nowMs })) !== null;
  }

  it('is authentic with its secret, and with either of two while they are rotated, unless the host sends none over HTTP', async () => {
    expect(await accepts(signed, [host.secret])).toBe(isHttp);
    expect(await accepts(signed, [host.otherSecret, host.secret])).toBe(isHttp);
    expect(await accepts(signed, [host.secret, host.otherSecret])).toBe(isHttp);
  });

  it('is not authentic with another secret, an empty one, or none', async () => {
    expect(await accepts(signed, [host.otherSecret])).toBe(false);
    expect(await accepts(signed, [''])).toBe(false);
    expect(await accepts(signed, [])).toBe(false);
    const empty = host.headers(body, 'push', { secret: '', sentAtMs: SENT_AT_MS });
    expect(await accepts({ ...signed, headers: empty }, ['', host.secret])).toBe(false);
  });

  it('is not read further without a proof of origin', async () => {
    const receiver = await hostOf(host).loadReceiver();
    expect(receiver.hasProof(signed.headers)).toBe(isHttp);
    expect(receiver.hasProof(host.headers(body, 'push', { secret: '', sentAtMs: SENT_AT_MS }))).toBe(false);
    expect(receiver.hasProof({ 'content-type': 'application/json' })).toBe(false);
  });

  it('is not authentic when the headers of its proof are missing, cut or changed', async () => {
    const unsigned = host.headers(body, 'push', { secret: '', sentAtMs: SENT_AT_MS });
    const proofs = Object.entries(signed.headers).filter(([name, value]) => unsigned[name] !== value);
    expect(proofs.length > 0).toBe(isHttp);
    const changes: readonly ((value: string) => string | undefined)[] = [
      () => undefined,
      () => '',
      (value) => value.slice(0, -1),
      (value) => `${value}0`,
      (value) => value.replace(/.$/, 'é'),
      (value) => value.slice(7),
    ];
    for (const change of changes) {
      const wrong = Object.fromEntries(proofs.map(([name, value]) => [name, change(value ?? '')]));
      const delivery = { ...signed, headers: { ...signed.headers, ...wrong } };
      expect([wrong, await accepts(delivery, [host.secret])]).toEqual([wrong, false]);
    }
  });

  it('is not authentic with another body, unless the host signs none', async () => {
    for (const other of [
      Buffer.concat([body, Buffer.from(' ')]),
      body.subarray(1),
      Buffer.from(`\ufeff${body.toString()}`),
    ]) {
      expect(await accepts({ ...signed, body: other }, [host.secret])).toBe(lacks('signed-body'));
    }
  });

  it('is not authentic with an empty body, or one that is not UTF-8', async () => {
    for (const odd of [Buffer.alloc(0), Buffer.from([0x7b, 0xff, 0x7d])]) {
      expect(await accepts(deliveryOf(host, host.push([UPDATE]), { body: odd }), [host.secret])).toBe(false);
    }
  });

  it('is accepted again after hours, unless the host signs the time', async () => {
    const hours = 5 * 3_600_000;
    expect(await accepts(signed, [host.secret], SENT_AT_MS + hours)).toBe(isHttp && lacks('signed-time'));
    if (lacks('signed-time')) return;
    for (const [ms, isFresh] of [
      [0, true],
      [300_000, true],
      [301_000, false],
    ] as const) {
      expect([ms, await accepts(signed, [host.secret], SENT_AT_MS + ms)]).toEqual([ms, isFresh]);
      expect([-ms, await accepts(signed, [host.secret], SENT_AT_MS - ms)]).toEqual([-ms, isFresh]);
    }
  });

  it('has an id that is the same when it is sent again, unless its headers have none', async () => {
    const receiver = await hostOf(host).loadReceiver();
    const id = receiver.deliveryIdOf(signed.headers);
    expect(id ?? 'none').toMatch(lacks('delivery-id') ? /^none$/ : /^[\w-]{16,64}$/);
    expect(receiver.deliveryIdOf({ 'content-type': 'application/json' })).toBeNull();
  });

  it('is parsed to the push, with what the host says about it', async () => {
    const [push, repository] = await pushOf(host, [UPDATE]);
    expect(push).toEqual({
      ref: 'refs/heads/main',
      revision: NEW,
      rootTree: lacks('root-tree') ? null : TREE,
      isForced: false,
      changedPaths: lacks('changed-paths') ? null : ['clusters/prod/a.yaml'],
    });
    expect(repository).toEqual({ id: host.id, fullName: host.fullName });
  });

  it('is parsed to a push when it creates a branch, whose changed paths are unknown', async () => {
    const [push] = await pushOf(host, [{ ref: 'refs/heads/été/"x"', before: null, after: NEW }]);
    expect(push).toMatchObject({ ref: 'refs/heads/été/"x"', revision: NEW, changedPaths: null });
  });

  it('is ignored when it deletes a branch', async () => {
    const sent = host.deletedBranch?.('next') ?? host.push([{ ref: 'refs/heads/next', before: OLD, after: null }]);
    const repository = { id: host.id, fullName: host.fullName };
    expect(await parse(host, sent)).toEqual({ kind: 'ignored', reason: 'branch "next" was deleted', repository });
  });

  it('is ignored when it is about a tag', async () => {
    const tag = { ref: 'refs/tags/v1', before: null, after: NEW };
    for (const change of [tag, { ...tag, before: OLD, after: null }]) {
      expect(await parse(host, host.push([change]))).toMatchObject({
        kind: 'ignored',
        reason: 'the ref is a tag, and targets follow branches',
      });
    }
  });

  it('is ignored when it is about something else, and never refused', async () => {
    for (const [name, sent] of Object.entries(host.others)) {
      expect([name, (await parse(host, sent)).kind]).toEqual([name, 'ignored']);
    }
  });

  it('may list no ref, or thousands', async () => {
    if (lacks('several-refs')) return;
    expect(await parse(host, host.push([]))).toMatchObject({ kind: 'ignored', reason: 'the push changes no ref' });
    const many = Array.from({ length: 5_000 }, (_each, index) => ({ ...UPDATE, ref: `refs/heads/b${index}` }));
    const deleted = { ref: 'refs/heads/old', before: OLD, after: null };
    const parsed = await parse(host, host.push([deleted, ...many]));
    expect(parsed.kind === 'pushes' ? parsed.pushes.map(({ ref }) => ref) : parsed).toEqual(many.map(({ ref }) => ref));
    const refs = ['refs/tags/v1', 'refs/heads/a', 'refs/heads/b'].map((ref) => ({ ref, before: OLD, after: null }));
    expect(await parse(host, host.push(refs))).toMatchObject({
      kind: 'ignored',
      reason: 'the ref is a tag, and targets follow branches (+2 more)',
    });
  });

  it('is not understood when it is not JSON, or has no valid commit', async () => {
    for (const text of ['<xml/>', '[]', '"push"', 'null', '{}']) {
      const parsed = await parse(host, host.push([UPDATE]), Buffer.from(text));
      expect([text, parsed.kind]).toEqual([text, 'not-understood']);
    }
    for (const after of ['1234567', 'x'.repeat(40), '']) {
      expect(await parse(host, host.push([{ ...UPDATE, after }]))).toMatchObject({ kind: 'not-understood' });
    }
  });
});

async function pushOf(host: HostCase, changes: Parameters<HostCase['push']>[0]) {
  const parsed = await parse(host, host.push(changes));
  if (parsed.kind !== 'pushes') throw new Error(`not a push: ${JSON.stringify(parsed)}`);
  return [parsed.pushes[0], parsed.repository] as const;
}
