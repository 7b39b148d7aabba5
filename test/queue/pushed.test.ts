import { describe, expect, it } from 'vitest';
import type { DeployRequest } from '../../src/deploy/ports/request.ts';
import { readRequest } from '../../src/queue/messages/deploy-request.ts';
import { servePushed, triesWithin } from '../../src/queue/pushed.ts';
import type { PushedOptions } from '../../src/queue/pushed.ts';
import { openTurns } from '../../src/queue/turns.ts';
import type { Handled } from '../../src/queue/work.ts';
import { wait } from '../../src/app/wait.ts';
import { aRequest } from './requests.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:10Z');
const LIMITS = { answering: 1, unproven: 1, silent: 1, perServer: 1 };

interface Options {
  readonly handler: PushedOptions<DeployRequest>['handler'];
  readonly limits?: Partial<typeof LIMITS>;
}

function open({ handler, limits = {} }: Options) {
  const logged: string[] = [];
  const options: PushedOptions<DeployRequest> = {
    read: readRequest,
    keepUnreadable: null,
    handler,
    groupOf: ({ target }) => target,
    sinceMs: ({ at }) => Date.parse(at),
    serversOf: () => ['git'],
    turns: openTurns({ limits: { ...LIMITS, ...limits }, conditionOf: () => 'answering' }, wait),
    nowMs: () => NOW_MS,
    log: ({ message }) => void logged.push(message),
    random: () => 0,
  };
  const closed = new AbortController();
  const stopping = new AbortController();
  return {
    logged,
    closed,
    stopping,
    push: (body: string, tries: number | null = 1) =>
      servePushed({ body, tries }, options, { closed: closed.signal, stopping: stopping.signal }),
  };
}

const bodyOf = (target: string, more: object = {}) => JSON.stringify({ ...aRequest(target), ...more });
const answering = (handled: Handled) => async () => handled;

describe('a pushed message', () => {
  it.each<readonly [string, Handled, object]>([
    ['removed when it is done', { kind: 'done' }, { kind: 'done' }],
    ['pushed again when the server allows it', { kind: 'retry', afterMs: 12_300 }, { kind: 'again', afterSeconds: 13 }],
    ['pushed again after a growing pause', { kind: 'retry', afterMs: null }, { kind: 'again', afterSeconds: 4 }],
  ])('is %s', async (_how, handled, settlement) => {
    const { push } = open({ handler: answering(handled) });
    expect(await push(bodyOf('shop'), 3)).toEqual(settlement);
  });

  it('counts the tries of a queue that does not by the age of the request', async () => {
    const tries: number[] = [];
    const { push } = open({
      handler: async (requests) => {
        tries.push(...requests.map((request) => request.tries));
        return { kind: 'done' };
      },
    });
    await push(bodyOf('shop'), null);
    await push(bodyOf('shop', { at: new Date(NOW_MS).toISOString() }), null);
    await push(bodyOf('shop', { at: 'long ago' }), null);
    // Ten seconds are the pauses of 1, 2 and 4 s, and a part of the fourth.
    expect(tries).toEqual([4, 1, 1]);
    expect([0, 999, 1000, 2999, 3000].map(triesWithin)).toEqual([1, 1, 2, 2, 3]);
    // An hour or a week in the queue is not a reason to give a request up.
    expect([3_600_000, 7 * 86_400_000].map(triesWithin)).toEqual([11, 11]);
  });

  it('is never done when it cannot be read', async () => {
    const { push, logged } = open({ handler: answering({ kind: 'done' }) });
    expect([await push('nonsense'), logged]).toEqual([{ kind: 'unreadable' }, ['not-a-request']]);
  });

  it('is pushed again after a crash of its handler, and when this process is ending', async () => {
    const { push, stopping } = open({ handler: () => Promise.reject(new Error('a bug')) });
    expect(await push(bodyOf('shop'))).toEqual({ kind: 'again', afterSeconds: 1 });
    stopping.abort();
    expect(await push(bodyOf('shop'))).toEqual({ kind: 'again', afterSeconds: 1 });
  });

  it('is left alone until it is due', async () => {
    const { push } = open({ handler: answering({ kind: 'done' }) });
    expect(await push(bodyOf('shop', { notBeforeMs: NOW_MS + 1 }))).toEqual({ kind: 'again', afterSeconds: 1 });
    expect(await push(bodyOf('shop', { notBeforeMs: NOW_MS + 1001 }))).toEqual({ kind: 'again', afterSeconds: 2 });
    expect(await push(bodyOf('shop', { notBeforeMs: NOW_MS }))).toEqual({ kind: 'done' });
  });

  it('waits for another one of its group, and for a free slot', async () => {
    const running = new Set<string>();
    const most = { ofGroup: 0, ofAll: 0 };
    let order = 0;
    const { push } = open({
      limits: { answering: 2 },
      handler: async (requests) => {
        const target = requests[0]?.target ?? '';
        const key = `${target}/${(order += 1)}`;
        running.add(key);
        most.ofAll = Math.max(most.ofAll, running.size);
        most.ofGroup = Math.max(most.ofGroup, [...running].filter((each) => each.startsWith(`${target}/`)).length);
        await new Promise((resolve) => setImmediate(resolve));
        running.delete(key);
        return { kind: 'done' };
      },
    });
    const settled = await Promise.all(['a', 'a', 'b', 'c', 'd'].map((target) => push(bodyOf(target))));
    expect(settled).toEqual(settled.map(() => ({ kind: 'done' })));
    expect(most).toEqual({ ofGroup: 1, ofAll: 2 });
  });

  it('interrupts its work when the queue no longer waits', async () => {
    const { push, closed } = open({
      handler: (_requests, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'retry', afterMs: null }));
          closed.abort();
        }),
    });
    expect(await push(bodyOf('shop'))).toMatchObject({ kind: 'again' });
  });
});
