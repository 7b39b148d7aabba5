import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { graceSignal } from '../../../src/deploy/report/grace-signal.ts';

beforeEach(() => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    timeouts.push({ ms, controller });
    return controller.signal;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  timeouts.length = 0;
});

const timeouts: { readonly ms: number; readonly controller: AbortController }[] = [];

it.each([['before'], ['after']])(
  'gives a run five seconds to report when it is interrupted %s its reports begin',
  (when) => {
    const work = new AbortController();
    if (when === 'before') work.abort();
    const last = graceSignal(work.signal);
    if (when === 'after') work.abort();
    expect(last.aborted).toBe(false);
    expect(timeouts).toMatchObject([{ ms: 5_000 }]);
    timeouts[0]?.controller.abort();
    expect(last.aborted).toBe(true);
  },
);

it('sets no limit for a run that is not interrupted', () => {
  expect(graceSignal(new AbortController().signal).aborted).toBe(false);
  expect(timeouts).toEqual([]);
});
