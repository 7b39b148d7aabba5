import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { hostOf } from '../../../src/githost/hosts.ts';
import { authenticByPlatform } from '../../../src/githost/port/authentic.ts';
import type { Delivery, GitHost, Parsed } from '../../../src/githost/port/git-host.ts';
import { asRevision } from '../../../src/snapshot/source.ts';
import { pickFrom, randomFrom } from '../../rig/chaos/random.ts';
import { CASES, deliveryOf } from '../conformance/cases.ts';
import { pullRequestCaseOf } from '../conformance/pull-request-cases.ts';
import { NEW, OLD, SENT_AT_MS, UPDATE } from '../conformance/host-case.ts';
import type { HostCase, Sent } from '../conformance/host-case.ts';
import { mutateBytes, mutateHeaders, mutatePayload } from './mutations.ts';

/** `npm run test:fuzz` makes more. */
const DELIVERIES = Number(process.env['HEADGATE_TEST_DELIVERIES'] ?? 7_000);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 1);

/** Bodies and headers that were once read wrongly, or that are there because they nearly were. */
const Corpus = z.array(z.object({ why: z.string(), body: z.string(), headers: z.record(z.string(), z.string()) }));
const CORPUS = z.parse(Corpus, JSON.parse(readFileSync(join(import.meta.dirname, 'corpus.json'), 'utf8')));

function sentBy(host: HostCase): readonly Sent[] {
  const created = { ref: 'refs/heads/next', before: null, after: NEW };
  const deleted = { ref: 'refs/heads/next', before: OLD, after: null };
  const pushes = [UPDATE, created, deleted].map((change) => host.push([change]));
  return [
    ...pushes,
    ...(host.deletedBranch === undefined ? [] : [host.deletedBranch('next')]),
    ...Object.values(host.others),
    ...pullRequestsOf(host),
  ];
}

function pullRequestsOf({ host }: HostCase): readonly Sent[] {
  const pulls = pullRequestCaseOf(host);
  if (pulls === null) return [];
  return [...Object.values(pulls.events).flat(), ...Object.values(pulls.ignored), pulls.comment('/headgate plan')];
}

async function accepts(receiver: GitHost, delivery: Delivery, { secret }: HostCase) {
  return receiver.authenticate(delivery, { secrets: [secret], nowMs: SENT_AT_MS });
}

/** An event of the platform, where the host sends no requests. */
async function authenticOf(receiver: GitHost, delivery: Delivery, host: HostCase) {
  return host.lacks.includes('http') ? authenticByPlatform(delivery) : accepts(receiver, delivery, host);
}

/** Whatever the bytes are: a known answer, only branches that point at commits, and only pull requests with a number. */
function check(parsed: Parsed): void {
  const isEmpty = isWithoutContent(parsed);
  if (isEmpty) throw new Error(`an answer without content: ${JSON.stringify(parsed)}`);
  if (parsed.kind !== 'pushes') return;
  for (const { ref, revision } of parsed.pushes) {
    if (!ref.startsWith('refs/heads/') || asRevision(revision) === null || /^0+$/.test(revision)) {
      throw new Error(`not a push of a branch: ${JSON.stringify(parsed).slice(0, 500)}`);
    }
  }
}

function isWithoutContent(parsed: Parsed): boolean {
  switch (parsed.kind) {
    case 'pushes':
      return parsed.pushes.length === 0;
    case 'pull-request':
      return !isNumber(parsed.pullRequest) || parsed.into === '';
    case 'comment':
      return !isNumber(parsed.pullRequest) || !/^[\w.:-]{1,64}$/.test(parsed.commentId);
    case 'status':
      return parsed.context === '';
    case 'ignored':
    case 'not-understood':
      return parsed.reason === '';
    default:
      return parsed satisfies never;
  }
}

function isNumber(pullRequest: number): boolean {
  return Number.isSafeInteger(pullRequest) && pullRequest > 0;
}

describe.each(CASES)('mutated deliveries of $name', (host) => {
  const count = Math.ceil(DELIVERIES / CASES.length);
  const timeoutMs = 30_000 + 5 * count;

  it(
    `are read without a crash, and never prove what was not signed (seed ${SEED})`,
    { timeout: timeoutMs },
    async () => {
      const receiver = await hostOf(host).loadReceiver();
      const random = randomFrom(SEED);
      const all = sentBy(host);
      const proof = proofOf(host);
      let made = 0;
      for (; made < count; made += 1) {
        // The runner gives up on a process that does not answer for a minute.
        if (made % 1_000 === 0) await setImmediate();
        const sent = pickFrom(all, random) ?? host.push([UPDATE]);
        const signed = deliveryOf(host, sent);
        const payload = random() < 0.5 ? mutatePayload(sent.payload, random) : sent.payload;
        const body =
          random() < 0.5 ? mutateBytes(Buffer.from(signed.body), random) : Buffer.from(JSON.stringify(payload));
        try {
          // Signed as it is: every byte of it may be anything.
          const whole = deliveryOf(host, sent, { body });
          const authentic = await authenticOf(
            receiver,
            { ...whole, headers: withoutProofOf(whole.headers, proof, random) },
            host,
          );
          if (authentic !== null) check(receiver.parse(authentic));
          // Changed after it was signed.
          const headers = mutateHeaders(signed.headers, random);
          const proven = await accepts(receiver, { ...signed, headers, body }, host);
          if (proven !== null && !isProven({ headers, body }, signed, { host, proof }))
            throw new Error('accepted without a signature');
          receiver.hasProof(headers);
          receiver.deliveryIdOf(headers);
        } catch (cause) {
          const text = JSON.stringify({ body: body.toString('latin1').slice(0, 2_000), made });
          throw new Error(`add to corpus.json: ${text}`, { cause });
        }
      }
      expect(made).toBe(count);
    },
  );

  it.each(CORPUS)('are answered when they are $why', async ({ body, headers }) => {
    const receiver = await hostOf(host).loadReceiver();
    const sent = deliveryOf(host, host.push([UPDATE]), { body: Buffer.from(body, 'latin1') });
    const authentic = await authenticOf(receiver, { ...sent, headers: { ...sent.headers, ...headers } }, host);
    const parsed = authentic === null ? null : receiver.parse(authentic);
    if (parsed !== null) check(parsed);
    expect(parsed?.kind ?? 'refused').not.toBe('');
  });
});

/** Some headers change, but not those of the proof. */
function withoutProofOf(
  headers: Delivery['headers'],
  proof: readonly string[],
  random: () => number,
): Delivery['headers'] {
  const mutated = random() < 0.5 ? mutateHeaders(headers, random) : headers;
  const kept = proof.map((name) => [name, headers[name]]);
  return { ...mutated, ...(Object.fromEntries(kept) as Delivery['headers']) };
}

/** The headers that come only with a secret. */
function proofOf(host: HostCase): readonly string[] {
  const signing = { secret: '', sentAtMs: SENT_AT_MS };
  const unsigned = host.headers(Buffer.from('{}'), 'push', signing);
  const signed = host.headers(Buffer.from('{}'), 'push', { ...signing, secret: host.secret });
  return Object.keys(signed).filter((name) => signed[name] !== unsigned[name]);
}

/** Byte for byte what was signed, with its proof, perhaps among others. */
function isProven(
  { headers, body }: Omit<Delivery, 'id'>,
  signed: Delivery,
  { host, proof }: { host: HostCase; proof: readonly string[] },
): boolean {
  const isSameBody = host.lacks.includes('signed-body') || Buffer.from(signed.body).equals(body);
  return isSameBody && proof.some((name) => headers[name]?.includes(signed.headers[name] ?? 'no header') === true);
}
