import type { Target } from '../config/config.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { Applied, Lease } from '../plan/applied.ts';
import { parentName } from './parent.ts';
import type { Parent } from './parent.ts';
import type { StateStore } from './state-store.ts';

/** A run asks for this much at a time, and for more when less than half of it is left. */
export const LEASE_MS = 60_000;
/** No request of a run may outlive its lease, so this is also the longest that one may take. */
export const REQUEST_TIMEOUT_MS = 25_000;

/** Who runs: `holder` is a data directory, whose next process may take over what the one before left. */
export interface Runner {
  readonly run: string;
  readonly holder: string;
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
export interface HeldParent {
  /** Before each write to the cluster: there is time enough for one more request, or the lease is renewed first. */
  ensure(signal: AbortSignal): Promise<void>;
  write(change: Partial<Applied>, signal: AbortSignal): Promise<void>;
  current(): Applied;
}

export async function takeLease(
  on: Parent | null,
  opening: Applied,
  { store, runner, signal }: { store: StateStore; runner: Runner; signal: AbortSignal },
): Promise<HeldParent> {
  const lease = () => ({ run: runner.run, holder: runner.holder, untilMs: runner.nowMs() + LEASE_MS });
  let untilMs = runner.nowMs() + LEASE_MS;
  let parent = await store.writeParent(on, { ...opening, lease: lease() }, signal);
  let writing: Promise<void> = Promise.resolve();

  async function writeNext(change: Partial<Applied>, next: AbortSignal): Promise<void> {
    const nextUntilMs = runner.nowMs() + LEASE_MS;
    parent = await store.writeParent(parent, { ...parent.applied, lease: lease(), ...change }, next);
    untilMs = nextUntilMs;
  }

  function write(change: Partial<Applied>, next: AbortSignal): Promise<void> {
    writing = writing.then(() => writeNext(change, next));
    return writing;
  }

  let renewal: Promise<void> | null = null;
  return {
    write,
    current: () => parent.applied,
    async ensure(next) {
      if (untilMs - runner.nowMs() > LEASE_MS / 2) return;
      renewal ??= write({}, next).finally(() => {
        renewal = null;
      });
      await renewal;
    },
  };
}
