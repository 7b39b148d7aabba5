import { deliveryOf } from '../../../src/deploy/ports/request.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';
import type { LocalQueues } from '../../../src/platforms/local/queues.ts';
import type { Message } from '../../../src/queue/inbox.ts';
import { readRequest } from '../../../src/queue/messages/deploy-request.ts';
import { CHECK, aRequest } from '../../queue/requests.ts';
import { startSender } from './sender.ts';

const { signal } = new AbortController();
const DAY = 24 * 3_600_000;

let directory = '';
let queues: LocalQueues;
let nowMs = Date.now;

async function open(maxTries = 20): Promise<void> {
  queues = await openLocalQueues({ dataDirectory: directory, nowMs: () => nowMs(), maxTries });
}

async function reopen(): Promise<void> {
  await queues.close();
  await open();
}

function receive({ groups = 10, visibilitySeconds = 30, waitSeconds = 0 } = {}): Promise<readonly Message[]> {
  return queues.deploy.receive({ groups, visibilitySeconds, waitSeconds }, signal);
}

const receiptsOf = (messages: readonly Message[]) => messages.map(({ receipt }) => receipt);
const deliveriesOf = (messages: readonly Message[]) =>
  messages.map(({ body }) => {
    const request = readRequest(body);
    return request === null ? undefined : deliveryOf(request.trigger);
  });
const send = (target: string, ...deliveries: readonly string[]) =>
  queues.deploy.send(
    deliveries.map((delivery) => aRequest(target, delivery)),
    signal,
  );

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-inbox-'));
  nowMs = Date.now;
  await open();
});

afterEach(async () => {
  await queues.close();
  await rm(directory, { recursive: true, force: true });
});

describe('requests of one target', () => {
  it('are received together, in order, so that one run serves all of them', async () => {
    await send('a', '1', '2', '3');
    expect(deliveriesOf(await receive())).toEqual(['1', '2', '3']);
  });

  it('are received ten at a time', async () => {
    const all = Array.from({ length: 12 }, (_, n) => String(n));
    await send('a', ...all);
    const first = await receive();
    expect(deliveriesOf(first)).toEqual(all.slice(0, 10));
    expect(await receive()).toEqual([]);
    await queues.deploy.remove(receiptsOf(first));
    expect(deliveriesOf(await receive())).toEqual(all.slice(10));
  });

  it('are received together with one that waited for its retry, once its pause is over', async () => {
    await send('a', '1');
    const failed = await receive();
    await queues.deploy.hide(receiptsOf(failed), 900, signal);
    await send('a', '2');
    expect(await receive()).toEqual([]);
    await queues.deploy.hide(receiptsOf(failed), 0, signal);
    expect(await receive()).toMatchObject([{ tries: 2 }, { tries: 1 }]);
  });

  it('are received without the one that failed too often', async () => {
    await reopenWith(1);
    await send('a', '1');
    await queues.deploy.hide(receiptsOf(await receive()), 0, signal);
    await send('a', '2');
    expect(deliveriesOf(await receive())).toEqual(['2']);
    const dead = await queues.dead.receive({ groups: 1, visibilitySeconds: 30, waitSeconds: 0 }, signal);
    expect(deliveriesOf(dead)).toEqual(['1']);
  });
});

async function reopenWith(maxTries: number): Promise<void> {
  await queues.close();
  await open(maxTries);
}

it('the inbox receives at most the requested number of targets, the longest waiting first', async () => {
  await queues.deploy.send(
    ['c', 'a', 'b', 'c'].map((target) => aRequest(target)),
    signal,
  );
  expect((await receive({ groups: 2 })).map(({ group }) => group)).toEqual(['c', 'c', 'a']);
});

it('the inbox wakes the receiver of the dead letters when a request moves there', async () => {
  await reopenWith(1);
  await send('a', '1');
  await queues.deploy.hide(receiptsOf(await receive()), 0, signal);
  const dead = queues.dead.receive({ groups: 1, visibilitySeconds: 30, waitSeconds: 20 }, signal);
  expect(await receive()).toEqual([]);
  expect(deliveriesOf(await dead)).toEqual(['1']);
});

it('the inbox ends a wait when the receiver is stopped', async () => {
  const stopping = new AbortController();
  const waiting = queues.deploy.receive({ groups: 1, visibilitySeconds: 30, waitSeconds: 20 }, stopping.signal);
  stopping.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

it('the inbox delivers what a clock that was a day ahead had hidden, and what was sent for the same target since', async () => {
  const trueMs = Date.now();
  nowMs = () => trueMs + DAY;
  await send('a', '1');
  expect(await receive()).toHaveLength(1);
  nowMs = () => trueMs;
  await send('a', '2');
  expect(deliveriesOf(await receive())).toEqual(['1', '2']);
});

it('the inbox keeps a message hidden for 15 minutes, and not for longer', async () => {
  const startMs = Date.now();
  nowMs = () => startMs;
  await send('a', '1');
  await queues.deploy.hide(receiptsOf(await receive()), 15 * 60, signal);
  expect(await receive()).toEqual([]);
  nowMs = () => startMs - 1;
  expect(await receive()).toHaveLength(1);
});

it('the inbox removes messages that are two weeks old', async () => {
  await queues.checks.send(CHECK, 0, signal);
  nowMs = () => Date.now() + 14 * DAY;
  await queues.checks.send({ ...CHECK, trigger: { kind: 'delivery', id: 'new' } }, 0, signal);
  const left = await queues.checks.receive({ groups: 10, visibilitySeconds: 30, waitSeconds: 0 }, signal);
  expect(left).toHaveLength(1);
});

it('the inbox fails while SQLite cannot write, and accepts requests again afterwards', async () => {
  const other = new DatabaseSync(join(directory, 'queue.db'));
  other.exec('BEGIN IMMEDIATE');
  await expect(send('a', '1')).rejects.toMatchObject({
    code: 'queue-unreachable',
    subject: 'the deploy queue',
    message: expect.stringContaining('database is locked'),
  });
  other.close();
  await send('a', '2');
  expect(deliveriesOf(await receive())).toEqual(['2']);
});

describe('a restart', () => {
  it('delivers at once, in order, what the previous process had received or put off', async () => {
    await send('a', '1', '2');
    await queues.deploy.hide(receiptsOf(await receive()), 900, signal);
    await reopen();
    expect(deliveriesOf(await receive())).toEqual(['1', '2']);
  });

  it('keeps the delay of a check', async () => {
    await queues.checks.send(CHECK, 600_000, signal);
    await reopen();
    const at = { groups: 10, visibilitySeconds: 30, waitSeconds: 0 };
    expect(await queues.checks.receive(at, signal)).toEqual([]);
    nowMs = () => Date.now() + 600_000;
    expect(await queues.checks.receive(at, signal)).toHaveLength(1);
  });

  it('keeps the count of tries', async () => {
    await send('a', '1');
    await receive();
    await reopen();
    expect(await receive()).toMatchObject([{ tries: 2 }]);
  });
});

describe('a data directory that another process uses', () => {
  it('is refused until that process is killed, and has every request that it had sent', async () => {
    await queues.close();
    const sender = await startSender(directory);
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'usage',
        subject: directory,
        message: 'another headgate serve uses this data directory',
      });
      await sender.sent(50);
    } finally {
      await sender.kill();
    }
    await open();
    const kept = new Set((await receive({ groups: 10_000 })).map(({ group }) => group));
    expect(sender.names.filter((name) => !kept.has(name))).toEqual([]);
    expect(kept.size).toBeGreaterThanOrEqual(50);
  });

  it('is refused within one process as well', async () => {
    await expect(openLocalQueues({ dataDirectory: directory, nowMs })).rejects.toMatchObject({ code: 'usage' });
  });
});
