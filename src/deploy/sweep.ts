import type { Repository, Target } from '../config/checked/config.ts';
import { settingsHash } from '../config/derived/settings-hash.ts';
import { expandAll } from '../config/templates/expand.ts';
import type { RefusedDirectory } from '../config/templates/expand.ts';
import { asDeployError } from '../error/deploy-error.ts';
import type { Problem } from '../error/deploy-error.ts';
import type { Revision } from '../snapshot/source.ts';
import { lookByCluster } from './targets/by-cluster.ts';
import type { Send } from './targets/by-cluster.ts';
import { recipientOf } from './targets/recipient.ts';
import { isAtTip } from './prepare/at-tip.ts';
import { notSuspended, readRepository } from './targets/list-generated-targets.ts';
import type { RepositorySnapshot } from './targets/list-generated-targets.ts';
import type { DeployRequest } from './ports/request.ts';
import type { RunPorts, Runtime } from './ports/runtime.ts';
import { isBackingOff } from '../state/backoff.ts';
import { whyClosed } from '../windows/why-closed.ts';
import { hasFailed } from '../state/history.ts';
import type { Git } from './ports/git.ts';
import { activeHold, isLeftPending, openedCommit } from '../state/current.ts';
import { describeHold } from '../state/hold.ts';
import type { TargetState } from '../state/target-state.ts';

/** More would only wait for one of the 32 streams of the connection. */
const TARGETS_AT_ONCE = 32;

/**
 * Reads every repository and the state of every target once, and requests each target that is not at its tip.
 * A repository or cluster that does not answer is logged, and its targets are skipped.
 */
export async function sweep(
  runtime: Runtime,
  signal: AbortSignal,
  send: Send = () => Promise.resolve(),
): Promise<readonly DeployRequest[]> {
  const { targets, templates } = notSuspended(runtime.config);
  const repositories = new Set(
    [...targets, ...templates.map(({ settings }) => settings)].map((each) => each.repository),
  );
  const read = await Promise.all(
    [...repositories].map((repository) => {
      const own = {
        targets: targets.filter((target) => target.repository === repository),
        templates: templates.filter(({ settings }) => settings.repository === repository),
      };
      return snapshotOf(repository, own, { runtime, signal });
    }),
  );
  const snapshots = read.filter((snapshot) => snapshot !== null);
  const generated = expandAll(
    snapshots.flatMap((snapshot) => snapshot.found),
    runtime.config,
  );
  logRefused(generated.refused, runtime);
  const byRepository = new Map(snapshots.map((snapshot) => [snapshot.repository, snapshot]));
  const look = async (target: Target) => {
    const snapshot = byRepository.get(target.repository);
    return snapshot === undefined ? null : sweepTarget(target, snapshot, { runtime, signal });
  };
  const looking = { targetsAtOnce: TARGETS_AT_ONCE, look, send, log: runtime.log };
  return lookByCluster([...targets, ...generated.targets], looking, signal);
}

interface SweepContext {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

async function snapshotOf(
  repository: Repository,
  of: ReturnType<typeof notSuspended>,
  { runtime, signal }: SweepContext,
): Promise<RepositorySnapshot | null> {
  const fail = (errors: readonly Problem[]) =>
    runtime.log({ level: 'error', message: 'sweep-failed', repository: repository.name, errors });
  try {
    const snapshot = await readRepository(repository, of, runtime, signal);
    if (snapshot.problems.length > 0) fail(snapshot.problems);
    return snapshot;
  } catch (thrown) {
    if (!signal.aborted) fail([asDeployError(thrown).problem]);
    return null;
  }
}

/** Nothing is queued for them: a push that touches one reports it on the commit. */
function logRefused(refused: readonly RefusedDirectory[], { log }: Runtime): void {
  if (refused.length === 0) return;
  const directories = refused.map(({ directory }) => directory);
  const errors = refused.flatMap(({ problems }) => problems);
  log({ level: 'warn', message: 'refused', delivery: 'sweep', directories, errors });
}

async function sweepTarget(
  target: Target,
  { git, tips }: RepositorySnapshot,
  { runtime, signal }: SweepContext,
): Promise<DeployRequest | null> {
  const tip = tips.get(target.ref);
  if (tip === undefined) {
    // A deleted branch is a decision about the branch, never an empty repository.
    runtime.log({
      level: 'warn',
      message: 'ignored',
      target: target.name,
      reason: `${target.ref} does not exist in ${target.repository.name}`,
    });
    return null;
  }
  const { cluster, tools } = await runtime.open(target, null);
  if (!(await isBehind({ target, tip, cluster, tools }, { runtime, git, signal }))) return null;
  const trigger = { kind: 'sweep' } as const;
  return { ...recipientOf(target), trigger, hint: null, at: new Date(runtime.nowMs()).toISOString() };
}

async function isBehind(
  { target, tip, cluster, tools }: { target: Target; tip: Revision } & Pick<RunPorts, 'cluster' | 'tools'>,
  { runtime, git, signal }: SweepContext & { git: Git },
): Promise<boolean> {
  const settings = settingsHash(target);
  const { state } = await cluster.read('write', signal);
  if (state.hold !== null) {
    const { needsHeldRun } = await import('./hold/sweep-held.ts');
    const nowMs = runtime.nowMs();
    const hold = activeHold(state, nowMs);
    // The hold has run out: a run has to end it.
    if (hold === null) return true;
    const kept = { at: hold.at, reason: describeHold(hold) };
    return needsHeldRun({ target, state, ...kept, tip, nowMs }, { git, tools }, signal);
  }
  const closed = await closedFor({ target, state, tip }, runtime.nowMs());
  if (closed !== null) {
    // Without a state that remembers it, every sweep would report the same wait.
    if (state.outcome.attempted === null) return false;
    const { needsHeldRun } = await import('./hold/sweep-held.ts');
    return needsHeldRun({ target, state, ...closed, tip, nowMs: runtime.nowMs() }, { git, tools }, signal);
  }
  if (isBackingOff(state.outcome, { revision: tip, settings, nowMs: runtime.nowMs() })) return false;
  // What failed may be over: the run that finds the tip applied records that.
  const isUnsettled = hasFailed(state.outcome) || isLeftPending(state, tip);
  return isUnsettled || !(await isAtTip({ target, state, tip }, { git, tools }, signal));
}

/** What keeps the tip from being deployed outside the windows; null: nothing, or the run of the tip opened within one. */
async function closedFor(
  { target: { windows }, state, tip }: { target: Target; state: TargetState; tip: Revision },
  nowMs: number,
): Promise<{ readonly at: Revision | null; readonly reason: string } | null> {
  const at = openedCommit(state);
  const reason = at === tip ? null : await whyClosed(windows, nowMs);
  return reason === null ? null : { at, reason };
}
