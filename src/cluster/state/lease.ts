import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { joinChanges, withChange } from '../../state/target-state.ts';
import type { Lease, StateChange, TargetState } from '../../state/target-state.ts';
import type { Fence } from '../api/connection.ts';
import { RUN_LIMITS } from './limits.ts';
import { parentName } from './parent.ts';
import type { Parent } from './parent.ts';
import type { StateStore } from './state-store.ts';

/** One run. `holder`: its data directory, whose next process may take over the lease. */
export interface Runner {
  readonly run: string;
  readonly holder: string;
  /** How long each renewal lasts. */
  readonly leaseMs: number;
  readonly nowMs: () => number;
}

/**
 * No run renews its lease for longer, even if its clock is as much ahead. A deadline beyond that is from a wrong clock or was
 * edited, and would block the target.
 */
const MAX_LEFT_MS = 2 * RUN_LIMITS.leaseMs;

/** @throws DeployError `lease-held` until the deadline of another runner has passed. */
export function refuseHeldLease(lease: Lease | null, { holder, nowMs }: Runner, target: Target): void {
  if (lease === null || lease.holder === holder) return;
  const leftMs = lease.untilMs - nowMs();
  if (leftMs <= 0 || leftMs > MAX_LEFT_MS) return;
  throw new DeployError('lease-held', {
    subject: `ConfigMap ${target.namespace}/${parentName(target.name)}`,
    message: `another run (${lease.run}) holds the lease of target ${target.name} for up to ${Math.ceil(leftMs / 1000)} s`,
    remedy: 'Wait for the retry.',
    retryAfterMs: leftMs,
  });
}

/** The parent during a run. Its writes are serialized, each based on the version before. */
export interface HeldParent extends Fence {
  write(change: StateChange, signal: AbortSignal): Promise<void>;
  current(): TargetState;
}

export async function takeLease(
  base: Parent | null,
  opening: TargetState,
  { store, runner, signal }: { store: StateStore; runner: Runner; signal: AbortSignal },
): Promise<HeldParent> {
  const { leaseMs } = runner;
  const leaseUntil = (deadlineMs: number) => ({
    run: { lease: { run: runner.run, holder: runner.holder, untilMs: deadlineMs } },
  });
  let untilMs = runner.nowMs() + leaseMs;
  let parent = await store.writeParent(base, withChange(opening, leaseUntil(untilMs)), signal);
  let writing: Promise<void> = Promise.resolve();

  /** After the deadline others may write, so a run that stalled past it must send nothing. */
  function refuseExpired(): void {
    if (runner.nowMs() < untilMs) return;
    throw new DeployError('lease-lost', {
      subject: 'the run',
      message: `stalled past the end of its lease (${leaseMs / 1000} s)`,
      remedy: 'Wait for the retry, which starts from the current state.',
    });
  }

  async function writeNext(change: StateChange, next: AbortSignal): Promise<void> {
    refuseExpired();
    const nextUntilMs = runner.nowMs() + leaseMs;
    parent = await writeOver(parent, withChange(parent.state, joinChanges(leaseUntil(nextUntilMs), change)), next);
    untilMs = nextUntilMs;
  }

  /** A hold may be set while the run works: the state is still this run's, so it is written again, with the hold. */
  async function writeOver(on: Parent, state: TargetState, next: AbortSignal): Promise<Parent> {
    try {
      return await store.writeParent(on, state, next);
    } catch (thrown) {
      if (!(thrown instanceof DeployError && thrown.code === 'lease-lost')) throw thrown;
      const stored = await store.readParent(next);
      if (stored === null || stored.uid !== on.uid || stored.state.run.lease?.run !== runner.run) throw thrown;
      if (stored.resourceVersion === on.resourceVersion) throw thrown;
      return writeOver(stored, { ...state, hold: stored.state.hold }, next);
    }
  }

  function write(change: StateChange, next: AbortSignal): Promise<void> {
    writing = writing.then(() => writeNext(change, next));
    return writing;
  }

  const isHeld = () => untilMs - runner.nowMs() > leaseMs / 2;
  let renewal: Promise<void> | null = null;
  return {
    write,
    current: () => parent.state,
    isHeld,
    async ensure(next) {
      if (isHeld()) return;
      renewal ??= write({}, next).finally(() => {
        renewal = null;
      });
      await renewal;
    },
  };
}
