import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { joinChanges, withChange } from '../../state/target-state.ts';
import type { Lease, StateChange, TargetState } from '../../state/target-state.ts';
import type { Fence } from '../api/connection.ts';
import { parentName } from './parent.ts';
import type { Parent } from './parent.ts';
import type { StateStore } from './state-store.ts';

/** Who runs: `holder` is a data directory, whose next process may take over what the one before left. */
export interface Runner {
  readonly run: string;
  readonly holder: string;
  /** For so long at a time. */
  readonly leaseMs: number;
  readonly nowMs: () => number;
}

/** @throws DeployError `lease-held` while another runner's deadline has not passed. */
export function refuseHeldLease(lease: Lease | null, { holder, nowMs }: Runner, target: Target): void {
  if (lease === null || lease.holder === holder) return;
  const leftMs = lease.untilMs - nowMs();
  if (leftMs <= 0) return;
  throw new DeployError('lease-held', {
    subject: `ConfigMap ${target.namespace}/${parentName(target.name)}`,
    message: `another run (${lease.run}) is writing to target ${target.name} for at most ${Math.ceil(leftMs / 1000)} s more`,
    remedy: 'Nothing to do: this run is tried again then.',
    retryAfterMs: leftMs,
  });
}

/** The parent while a run works: every write goes through it, one after the other, each on the version before. */
export interface HeldParent extends Fence {
  write(change: StateChange, signal: AbortSignal): Promise<void>;
  current(): TargetState;
}

export async function takeLease(
  on: Parent | null,
  opening: TargetState,
  { store, runner, signal }: { store: StateStore; runner: Runner; signal: AbortSignal },
): Promise<HeldParent> {
  const { leaseMs } = runner;
  const leaseUntil = (until: number) => ({
    run: { lease: { run: runner.run, holder: runner.holder, untilMs: until } },
  });
  let untilMs = runner.nowMs() + leaseMs;
  let parent = await store.writeParent(on, withChange(opening, leaseUntil(untilMs)), signal);
  let writing: Promise<void> = Promise.resolve();

  /** From its deadline on others may write, so a run that was stalled until then sends nothing any more. */
  function refuseLate(): void {
    if (runner.nowMs() < untilMs) return;
    throw new DeployError('lease-lost', {
      subject: 'the run',
      message: `it stalled for longer than its lease of ${leaseMs / 1000} s`,
      remedy: 'Nothing to do: the run is tried again on what it finds then.',
    });
  }

  async function writeNext(change: StateChange, next: AbortSignal): Promise<void> {
    refuseLate();
    const nextUntilMs = runner.nowMs() + leaseMs;
    const state = withChange(parent.state, joinChanges(leaseUntil(nextUntilMs), change));
    parent = await store.writeParent(parent, state, next);
    untilMs = nextUntilMs;
  }

  function write(change: StateChange, next: AbortSignal): Promise<void> {
    writing = writing.then(() => writeNext(change, next));
    return writing;
  }

  let renewal: Promise<void> | null = null;
  return {
    write,
    current: () => parent.state,
    isHeld: () => untilMs - runner.nowMs() > leaseMs / 2,
    async ensure(next) {
      if (untilMs - runner.nowMs() > leaseMs / 2) return;
      renewal ??= write({}, next).finally(() => {
        renewal = null;
      });
      await renewal;
    },
  };
}
