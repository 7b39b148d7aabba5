import type { Target } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { readChannelErrors } from '../../platforms/local/channel-errors.ts';
import { readDeadLetters } from '../../platforms/local/dead-letters.ts';
import { listGeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { DeadLetter } from '../../platforms/local/dead-letters.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { listLeftovers } from '../lookup/list-leftovers.ts';
import { formatStatusJson, formatStatusTable } from './format-status.ts';
import type { TargetStatus } from './format-status.ts';

export interface StatusFlags {
  /** Null: every target, including generated ones, and what removed directories have left in the cluster. */
  readonly target: Target | null;
}

/** Shows each target's state as the cluster has it. Exits with 1 when a state cannot be read. */
export async function statusCommand(context: Context, { target }: StatusFlags): Promise<ExitCode> {
  const { config, env, log, signal, dataDir, nowMs } = context;
  const runtime = localRuntime({ config, env, log, holder: 'status', progress: () => undefined });
  try {
    const letters = readDeadLetters(dataDir, nowMs());
    const generated =
      target === null ? await listGeneratedTargets(config.templates, runtime, signal) : NOTHING_GENERATED;
    const targets = target === null ? [...config.targets, ...generated.targets] : [target];
    const rows = await Promise.all(targets.map((each) => readStatus(each, letters, { runtime, signal })));
    // If some directories could not be listed, any state could be mistaken for a leftover.
    const templates = generated.problems.length > 0 || target !== null ? [] : config.templates;
    const leftovers = await listLeftovers(templates, generated.found, { runtime, signal });
    const status = { rows, refused: generated.refused, leftovers };
    context.print(context.output === 'json' ? formatStatusJson(status) : formatStatusTable(status, nowMs()));
    const problems = [...rows.flatMap(({ problem }) => (problem === null ? [] : [problem])), ...generated.problems];
    for (const problem of problems) log({ level: 'error', message: 'read-failed', errors: [problem] });
    for (const { channel, at, ...refused } of readChannelErrors(dataDir)) {
      const errors = [{ code: 'channel-refused', subject: `channel ${channel}`, ...refused }];
      log({ level: 'warn', message: 'not-notified', channel, since: at, errors });
    }
    return problems.length === 0 ? 0 : 1;
  } finally {
    runtime.close();
  }
}

const NOTHING_GENERATED: GeneratedTargets = { targets: [], refused: [], found: [], problems: [] };

async function readStatus(
  target: Target,
  allLetters: readonly DeadLetter[],
  { runtime, signal }: { runtime: LocalRuntime; signal: AbortSignal },
): Promise<TargetStatus> {
  const letters = allLetters.filter((letter) => letter.target === target.name);
  try {
    const { cluster } = await runtime.open(target, null);
    const { state } = await cluster.read('read-only', signal);
    const record = state.progress.awaited === null ? null : await cluster.readiness.read(signal);
    return { target, state, readiness: readinessOf(target, state, record), problem: null, letters };
  } catch (thrown) {
    return { target, state: null, readiness: null, problem: asDeployError(thrown).problem, letters };
  }
}
