import { describe, expect, it } from 'vitest';
import { refuseHeldLease, takeLease } from '../../../src/cluster/state/lease.ts';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import type { Parent } from '../../../src/cluster/state/parent.ts';
import type { StateStore } from '../../../src/cluster/state/state-store.ts';
import { DeployError } from '../../../src/error/deploy-error.ts';
import { NOTHING_RECORDED, withChange } from '../../../src/state/target-state.ts';
import type { TargetState } from '../../../src/state/target-state.ts';
import { aTarget } from '../../plan/builders.ts';

const signal = new AbortController().signal;
const START = 1_700_000_000_000;
const LEASE_MS = RUN_LIMITS.leaseMs;

describe('the lease of another runner', () => {
  const lease = { run: 'r', holder: 'other', untilMs: START };
  const runner = (nowMs: number, holder = 'us') => ({ run: 'x', holder, leaseMs: LEASE_MS, nowMs: () => nowMs });

  it('is respected until its deadline has passed', () => {
    expect(() => refuseHeldLease(lease, runner(START - 1), aTarget())).toThrow(
      expect.objectContaining({ code: 'lease-held', retryAfterMs: 1 }),
    );
    expect(() => refuseHeldLease(lease, runner(START), aTarget())).not.toThrow();
    expect(() => refuseHeldLease(lease, runner(START + 1), aTarget())).not.toThrow();
  });

  it('counts as over when it lasts longer than any run renews it, as after a wrong clock or an edit', () => {
    const longest = 2 * LEASE_MS;
    expect(() => refuseHeldLease(lease, runner(START - longest), aTarget())).toThrow(
      expect.objectContaining({ code: 'lease-held', retryAfterMs: longest }),
    );
    expect(() => refuseHeldLease(lease, runner(START - longest - 1), aTarget())).not.toThrow();
  });

  it('may be taken over by a run of the same data directory', () => {
    expect(() => refuseHeldLease(lease, runner(START - 1, 'other'), aTarget())).not.toThrow();
    expect(() => refuseHeldLease(null, runner(START), aTarget())).not.toThrow();
  });
});

const unused = () => Promise.reject(new Error('unexpected call'));
const unusedStore: StateStore = {
  readParent: unused,
  readShard: unused,
  parentUid: () => null,
  writeParent: unused,
  writeShard: unused,
  writeHold: unused,
  deleteAll: unused,
  deleteShard: unused,
};
const overtaken = new DeployError('lease-lost', { subject: 'the state', message: 'was changed', remedy: 'Wait.' });
const leaseOf = (run: string) => ({ run: { lease: { run, holder: 'h', untilMs: START } } });

/** A lease in a store that refuses writes over a version which is not the newest. */
async function leaseIn() {
  const cell: { stored: Parent } = { stored: { uid: 'u', resourceVersion: '0', state: NOTHING_RECORDED } };
  const store: StateStore = {
    ...unusedStore,
    readParent: () => Promise.resolve(cell.stored),
    writeParent(on, state) {
      if (on !== null && on.resourceVersion !== cell.stored.resourceVersion) return Promise.reject(overtaken);
      cell.stored = { uid: 'u', resourceVersion: String(Number(cell.stored.resourceVersion) + 1), state };
      return Promise.resolve(cell.stored);
    },
  };
  const runner = { run: 'r', holder: 'h', leaseMs: LEASE_MS, nowMs: () => START };
  return { cell, held: await takeLease(null, NOTHING_RECORDED, { store, runner, signal }) };
}

describe('a held lease', () => {
  /** Stores what is written, as the cluster would. */
  async function hold() {
    let nowMs = START;
    const written: TargetState[] = [];
    const store: StateStore = {
      ...unusedStore,
      writeParent(_on: Parent | null, state: TargetState) {
        written.push(state);
        return Promise.resolve({ uid: 'u', resourceVersion: String(written.length), state });
      },
    };
    const held = await takeLease(null, NOTHING_RECORDED, {
      store,
      runner: { run: 'r', holder: 'h', leaseMs: LEASE_MS, nowMs: () => nowMs },
      signal,
    });
    return { held, written, pass: (ms: number) => (nowMs += ms) };
  }

  it('is renewed when less than half of it is left, once for all waiting requests', async () => {
    const { held, written, pass } = await hold();
    pass(LEASE_MS / 2 - 1);
    await held.ensure(signal);
    expect(written).toHaveLength(1);
    pass(1);
    await Promise.all([held.ensure(signal), held.ensure(signal), held.ensure(signal)]);
    expect(written.map(({ run }) => run.lease?.untilMs)).toEqual([START + LEASE_MS, START + LEASE_MS / 2 + LEASE_MS]);
  });

  it('outlives every request that is sent under it', () => {
    expect(RUN_LIMITS.requestTimeoutMs).toBeLessThan(LEASE_MS / 2);
  });

  it('ends at its deadline: from then on nothing is written, not even to renew it', async () => {
    const { held, written, pass } = await hold();
    pass(LEASE_MS - 1);
    expect(held.isHeld()).toBe(false);
    await held.ensure(signal);
    expect(held.isHeld()).toBe(true);
    pass(LEASE_MS);
    await expect(held.ensure(signal)).rejects.toMatchObject({ code: 'lease-lost' });
    await expect(held.write({ run: { lease: null } }, signal)).rejects.toMatchObject({ code: 'lease-lost' });
    expect(written).toHaveLength(2);
  });

  it('keeps a hold that is set while the run works', async () => {
    const { held, cell } = await leaseIn();
    const byJo = { by: 'jo', reason: 'incident', since: '', at: null, from: null, until: null };
    cell.stored = { uid: 'u', resourceVersion: '9', state: { ...cell.stored.state, hold: byJo } };
    await held.write({ run: { lease: null }, outcome: { verdict: 'deployed' } }, signal);
    expect(cell.stored.state).toMatchObject({ hold: byJo, run: { lease: null }, outcome: { verdict: 'deployed' } });
  });

  it('writes nothing over the state of a run that took the lease since', async () => {
    const { held, cell } = await leaseIn();
    cell.stored = { uid: 'u', resourceVersion: '9', state: withChange(cell.stored.state, leaseOf('another')) };
    await expect(held.write({ run: { lease: null } }, signal)).rejects.toMatchObject({ code: 'lease-lost' });
    expect(cell.stored.state.run.lease?.run).toBe('another');
  });

  it('is released by the last write, which keeps what was written before', async () => {
    const { held, written } = await hold();
    await held.write({ outcome: { verdict: 'deployed' } }, signal);
    await held.write({ run: { lease: null } }, signal);
    expect(written.at(-1)).toMatchObject({ outcome: { verdict: 'deployed' }, run: { lease: null } });
  });
});
