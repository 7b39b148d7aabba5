import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { Target } from '../../config/checked/config.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import { listGeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { readDeadLetters } from '../../platforms/local/dead-letters.ts';
import type { DeadLetter } from '../../platforms/local/dead-letters.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { NotReady } from '../../state/readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Context } from '../terminal/context.ts';
import { listLeftovers } from './list-leftovers.ts';
import type { Leftover } from './list-leftovers.ts';

export interface TargetStatus {
  readonly target: Target;
  /** Null: the state cannot be read, and `problem` says why. */
  readonly state: TargetState | null;
  readonly readiness: ReturnType<typeof readinessOf>;
  /** Which objects are not ready, as the last check found. */
  readonly notReady: readonly NotReady[];
  readonly problem: Problem | null;
  readonly letters: readonly DeadLetter[];
}

export interface Fleet {
  readonly rows: readonly TargetStatus[];
  /** Directories of target templates that may not become targets. */
  readonly refused: readonly RefusedDirectory[];
  readonly leftovers: readonly Leftover[];
  /** Why something is missing. */
  readonly problems: readonly Problem[];
}

/** The state of every target, including generated ones, and what removed directories have left in the cluster; or of one target alone. */
export async function readFleet(context: Context, target: Target | null): Promise<Fleet> {
  const { config, env, log } = context;
  const runtime = localRuntime({ config, env, log, holder: 'status', progress: () => undefined });
  try {
    return await readFleetWith(runtime, context, target);
  } finally {
    runtime.close();
  }
}

/** With connections that stay open between readings. */
export async function readFleetWith(
  runtime: LocalRuntime,
  { dataDir, nowMs, signal }: Pick<Context, 'dataDir' | 'nowMs' | 'signal'>,
  target: Target | null,
): Promise<Fleet> {
  const { config } = runtime;
  const letters = readDeadLetters(dataDir, nowMs());
  const generated = target === null ? await listGeneratedTargets(config.templates, runtime, signal) : NOTHING_GENERATED;
  const targets = target === null ? [...config.targets, ...generated.targets] : [target];
  const rows = await Promise.all(targets.map((each) => readStatus(each, letters, { runtime, signal })));
  // If some directories could not be listed, any state could be mistaken for a leftover.
  const templates = generated.problems.length > 0 || target !== null ? [] : config.templates;
  const leftovers = await listLeftovers(templates, generated.found, { runtime, signal });
  const problems = [...rows.flatMap(({ problem }) => (problem === null ? [] : [problem])), ...generated.problems];
  return { rows, refused: generated.refused, leftovers, problems };
}

const NOTHING_GENERATED: GeneratedTargets = { targets: [], refused: [], found: [], problems: [] };

export async function readStatus(
  target: Target,
  allLetters: readonly DeadLetter[],
  { runtime, signal }: { runtime: LocalRuntime; signal: AbortSignal },
): Promise<TargetStatus> {
  const letters = allLetters.filter((letter) => letter.target === target.name);
  try {
    const { cluster } = await runtime.open(target, null);
    const { state } = await cluster.read('read-only', signal);
    const record = state.progress.awaited === null ? null : await cluster.readiness.read(signal);
    const readiness = readinessOf(target, state, record);
    const notReady = readiness === 'not-ready' ? (record?.notReady ?? []) : [];
    return { target, state, readiness, notReady, problem: null, letters };
  } catch (thrown) {
    return { target, state: null, readiness: null, notReady: [], problem: asDeployError(thrown).problem, letters };
  }
}
