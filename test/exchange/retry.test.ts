import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { atOnce, pauseAfter, retry, retryAfterMs } from '../../src/exchange/retry.ts';
import type { RetryPolicy, RetryVerdict } from '../../src/exchange/retry.ts';

const never = new AbortController().signal;
const answered = { kind: 'answered', answer: 'x' } as const;

function policy(verdict: RetryVerdict): RetryPolicy<string> {
  return { pausesMs: [10, 20], longestPauseMs: 1_000, verdictOn: () => verdict };
}

describe('the pause after an outcome', () => {
  it.each<[string, RetryVerdict, number, number | null]>([
    ["the policy's first pause after the first attempt", 'again', 0, 10],
    ["the policy's second pause after the second attempt", 'again', 1, 20],
    ['none after the last attempt', 'again', 2, null],
    ['none when the outcome is final', 'final', 0, null],
    ['as long as the server requests', { afterMs: 999 }, 0, 999],
    ['as long as the policy allows', { afterMs: 1_000 }, 1, 1_000],
    ['none when the server requests more than the policy allows', { afterMs: 1_001 }, 0, null],
    ['none after the last attempt, whatever the server requests', { afterMs: 1 }, 2, null],
  ])('is %s', (_name, verdict, attempts, pauseMs) => {
    expect(pauseAfter(answered, attempts, policy(verdict))).toBe(pauseMs);
  });

  it('is as long as the server requests if the policy sets no longest pause', () => {
    const { pausesMs, verdictOn } = policy({ afterMs: 86_400_000 });
    expect(pauseAfter(answered, 0, { pausesMs, verdictOn })).toBe(86_400_000);
  });
});

describe('a retry', () => {
  const untilGood: RetryPolicy<string> = {
    pausesMs: [10, 20],
    verdictOn: (outcome) => (outcome.kind === 'answered' && outcome.answer === 'good' ? 'final' : 'again'),
  };

  /** Attempts that end like these, and the pauses between them. */
  function scripted(...ends: readonly (string | Error)[]) {
    const pauses: number[] = [];
    const attempt = async (attempts: number) => {
      const end = ends[attempts];
      if (end instanceof Error) throw end;
      return end ?? 'one attempt too many';
    };
    const wait = async (ms: number) => void pauses.push(ms);
    return { pauses, result: retry(attempt, untilGood, { wait, signal: never }) };
  }

  it('returns the first final answer', async () => {
    const { pauses, result } = scripted(new Error('a'), 'bad', 'good');
    expect(await result).toBe('good');
    expect(pauses).toEqual([10, 20]);
  });

  it('returns the answer of its last attempt, or throws its cause', async () => {
    expect(await scripted('bad', 'bad', 'worse').result).toBe('worse');
    const last = new Error('c');
    await expect(scripted(new Error('a'), new Error('b'), last).result).rejects.toBe(last);
  });

  it('treats a failure as final once its signal has aborted', async () => {
    const stop = new AbortController();
    let attempts = 0;
    const failing = async () => {
      attempts += 1;
      stop.abort();
      throw new Error('lost');
    };
    await expect(retry(failing, untilGood, { wait: atOnce, signal: stop.signal })).rejects.toThrow('lost');
    expect(attempts).toBe(1);
  });

  it('rejects when its wait is interrupted', async () => {
    const stop = new AbortController();
    const attempt = async () => {
      stop.abort();
      return 'bad';
    };
    const wait = (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal });
    await expect(retry(attempt, untilGood, { wait, signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('does not judge the outcome of the last attempt', async () => {
    const judged: unknown[] = [];
    const once: RetryPolicy<string> = { pausesMs: [0], verdictOn: (outcome) => (judged.push(outcome), 'again') };
    await retry(async () => 'x', once, { wait: atOnce, signal: never });
    expect(judged).toEqual([answered]);
  });
});

describe('Retry-After', () => {
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT';

  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['zero', { 'retry-after': '0' }, 0],
    ['a date, by the clock of the server', { date, 'retry-after': 'Thu, 01 Jan 2026 00:01:30 GMT' }, 90_000],
    ['a date in the past', { date, 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    ['a date from a server without a clock', { 'retry-after': date }, null],
    ['neither', { date, 'retry-after': 'soon' }, null],
    ['missing', { date }, null],
  ])('requests the right pause when its value is %s', (_name, headers, afterMs) => {
    expect(retryAfterMs(headers)).toBe(afterMs);
  });
});
