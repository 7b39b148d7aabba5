import { describe, expect, it } from 'vitest';
import { NOTHING_RECORDED, withChange } from '../../src/state/target-state.ts';
import { isWaitingFor, waitingChange } from '../../src/state/waiting.ts';
import type { Revision } from '../../src/snapshot/source.ts';

const RUN = {
  state: NOTHING_RECORDED,
  revision: 'a'.repeat(40) as Revision,
  settings: 's',
  sinceMs: 1,
  nowMs: 2,
};
const waitingOn = (on: readonly string[]) =>
  waitingChange(RUN, { on, counts: { created: 0, updated: 0, pruned: 0 }, isApplied: false, isExact: false });
const named = (text: (n: number) => string) => Array.from({ length: 60 }, (_, n) => text(n));

describe('a run that waits', () => {
  it('names ten of the objects that must become ready', () => {
    const on = named((n) => `Deployment shop/web-${n}`);
    expect(waitingOn(on).progress?.waiting?.on).toEqual(on.slice(0, 10));
  });

  it('names every object that another target has to release, because that target reads the names', () => {
    const on = named((n) => `target blog to release ConfigMap shop/c${n}`);
    expect(waitingOn(on).progress?.waiting?.on).toEqual(on);
  });

  it('recognizes what it waits for, also if only a part of that is named', () => {
    const on = named((n) => `Deployment shop/web-${n}`);
    const state = withChange(NOTHING_RECORDED, waitingOn(on));
    expect(isWaitingFor({ ...RUN, state }, on)).toBe(true);
    expect(isWaitingFor({ ...RUN, state }, on.slice(1))).toBe(false);
  });
});
