import { expect, it } from 'vitest';
import { throttled } from '../../../src/images/webhook/throttle.ts';

function opened() {
  const sent: [atMs: number, group: string, afterMs: number][] = [];
  let nowMs = 0;
  const poll = throttled(
    async (polls) =>
      void sent.push(...polls.map(({ group, afterMs }) => [nowMs, group, afterMs] as [number, string, number])),
    () => nowMs,
  );
  const announce = (atMs: number, group = 'write/fleet/main', debounceMs = 0) => {
    nowMs = atMs;
    return poll([{ group, debounceMs }], new AbortController().signal);
  };
  return { sent, announce };
}

it('queues one poll of a branch every ten seconds, and the last one after the last announcement', async () => {
  const { sent, announce } = opened();
  for (let ms = 0; ms <= 25_000; ms += 100) await announce(ms);
  expect(sent.map(([atMs, , afterMs]) => atMs + afterMs)).toEqual([0, 10_000, 20_000, 30_000]);
});

it('queues none while one waits for its debounce, which will see what is announced', async () => {
  const { sent, announce } = opened();
  for (const ms of [0, 1, 9_999]) await announce(ms, 'write/fleet/main', 10_000);
  expect(sent).toEqual([[0, 'write/fleet/main', 10_000]]);
  await announce(10_000, 'write/fleet/main', 10_000);
  expect(sent).toHaveLength(2);
});

it('queues a poll after the clock was set back by a day', async () => {
  const { sent, announce } = opened();
  await announce(86_400_000);
  await announce(0);
  expect(sent.map(([atMs]) => atMs)).toEqual([86_400_000, 0]);
});

it('queues polls of different branches independently', async () => {
  const { sent, announce } = opened();
  await announce(0, 'a');
  await announce(1, 'b');
  expect(sent.map(([, group]) => group)).toEqual(['a', 'b']);
});

it('queues the next announcement when a poll could not be queued', async () => {
  let isFull = true;
  const sent: string[] = [];
  const poll = throttled(
    async (polls) => {
      if (isFull) throw new Error('full');
      sent.push(...polls.map(({ group }) => group));
    },
    () => 0,
  );
  const signal = new AbortController().signal;
  await expect(poll([{ group: 'a', debounceMs: 0 }], signal)).rejects.toThrow('full');
  isFull = false;
  await poll([{ group: 'a', debounceMs: 0 }], signal);
  expect(sent).toEqual(['a']);
});
