import type { Target } from '../../config/checked/config.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { deadLetters } from '../../platforms/local/dead-letters.ts';
import { listGeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { DeadLetter } from '../../platforms/local/dead-letters.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { Drift, TargetState } from '../../state/target-state.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { leftOver } from '../lookup/left-over.ts';
import type { LeftOver } from '../lookup/left-over.ts';
import { formatTable } from '../terminal/table.ts';

export interface StatusFlags {
  /** Null: every one, also those that templates make and what directories that are gone have left. */
  readonly target: Target | null;
}

interface Row {
  readonly target: Target;
  readonly state: TargetState | null;
  readonly readiness: ReturnType<typeof readinessOf>;
  readonly problem: Problem | null;
  readonly letters: readonly DeadLetter[];
}

/** Where every target stands, as its state in the cluster says. Exit 1 when one of them cannot be read. */
export async function statusCommand(context: Context, { target }: StatusFlags): Promise<ExitCode> {
  const { config, env, log, signal, dataDir, nowMs } = context;
  const runtime = localRuntime({ config, env, log, holder: 'status', progress: () => undefined });
  try {
    const letters = await deadLetters({ dataDirectory: dataDir, nowMs }).list();
    const made = target === null ? await listGeneratedTargets(config.templates, runtime, signal) : NOTHING_MADE;
    const targets = target === null ? [...config.targets, ...made.targets] : [target];
    const rows = await Promise.all(targets.map((each) => readRow(each, letters, { runtime, signal })));
    const looked = made.problems.length > 0 || target !== null ? [] : config.templates;
    const left = await leftOver(looked, made.found, { runtime, signal });
    const apart = { refused: made.refused, left };
    context.print(context.output === 'json' ? asJson(rows, apart) : asTable(rows, apart, nowMs()));
    const problems = [...rows.flatMap(({ problem }) => (problem === null ? [] : [problem])), ...made.problems];
    for (const problem of problems) log({ level: 'error', message: 'not-read', errors: [problem] });
    return problems.length === 0 ? 0 : 1;
  } finally {
    runtime.close();
  }
}

const NOTHING_MADE: GeneratedTargets = { targets: [], refused: [], found: [], problems: [] };

/** What is no target: directories that may not be, and what is left of those that are gone. */
interface Apart {
  readonly refused: readonly RefusedDirectory[];
  readonly left: readonly LeftOver[];
}

async function readRow(
  target: Target,
  all: readonly DeadLetter[],
  { runtime, signal }: { runtime: LocalRuntime; signal: AbortSignal },
): Promise<Row> {
  const letters = all.filter((letter) => letter.target === target.name);
  try {
    const { cluster } = await runtime.open(target, null);
    const { state } = await cluster.read('look', signal);
    const record = state.progress.awaited === null ? null : await cluster.readiness.read(signal);
    return { target, state, readiness: readinessOf(target, state, record), problem: null, letters };
  } catch (thrown) {
    return { target, state: null, readiness: null, problem: asDeployError(thrown).problem, letters };
  }
}

function asJson(rows: readonly Row[], { refused, left }: Apart): string {
  const targets = rows.map(({ target, state, readiness, letters }) => ({
    target: target.name,
    repository: target.repository.name,
    revision: state?.applied.source?.revision ?? null,
    attemptedRevision: state?.outcome.attempted ?? null,
    verdict: state?.outcome.verdict ?? null,
    readiness,
    drift: driftOf(target, state),
    deployedAt: state?.applied.deployedAt ?? null,
    deadLetters: letters.map(({ delivery, revision, at }) => ({ delivery, revision, at })),
  }));
  const nothing = {
    revision: null,
    attemptedRevision: null,
    readiness: null,
    drift: null,
    deployedAt: null,
    deadLetters: [],
  };
  const directories = refused.map(({ name, template, directory, problems }) => {
    const repository = template.settings.repository.name;
    return { target: name, repository, ...nothing, verdict: 'refused', directory, errors: problems };
  });
  const leftOvers = left.map(({ name, repository, directory, command }) => {
    return { target: name, repository, ...nothing, verdict: 'left-over', directory, remedy: command };
  });
  return JSON.stringify([...targets, ...directories, ...leftOvers], null, 2);
}

function asTable(rows: readonly Row[], { refused, left }: Apart, nowMs: number): string {
  const cells = rows.map(({ target, state, readiness, problem, letters }) => [
    target.name,
    state?.applied.source?.revision.slice(0, 12) ?? '-',
    problem === null ? (state?.outcome.verdict ?? 'never deployed') : 'unreadable',
    readiness ?? '-',
    state?.outcome.attempted !== undefined && state.outcome.attempted !== (state.applied.source?.revision ?? null)
      ? (state.outcome.attempted?.slice(0, 12) ?? '-')
      : '-',
    state?.applied.deployedAt === null || state === null ? '-' : age(nowMs - Date.parse(state.applied.deployedAt)),
    drifted(driftOf(target, state), nowMs),
    String(letters.length),
  ]);
  const table = formatTable(['TARGET', 'REVISION', 'VERDICT', 'READINESS', 'ATTEMPTED', 'AGE', 'DRIFT', 'DEAD'], cells);
  const dead = rows.flatMap(({ target, letters }) =>
    letters.map(
      ({ delivery, revision, at }) =>
        `dead letter: ${target.name} ${revision?.slice(0, 12) ?? 'tip'} (delivery ${delivery}, ${at})`,
    ),
  );
  const notMade = refused.flatMap(({ problems }) =>
    problems.map(({ subject, message, remedy }) => `refused: ${subject} ${message}. ${remedy}`),
  );
  const gone = left.map(
    ({ name, directory, command }) => `left over: ${name}, of ${directory}, which is gone: ${command}`,
  );
  return [table, ...dead, ...notMade, ...gone].join('\n');
}

/** What an earlier look has left behind says nothing once nobody looks. */
function driftOf({ drift }: Target, state: TargetState | null): Drift | null {
  return drift === 'off' ? null : (state?.drift.found ?? null);
}

function drifted(drift: Drift | null, nowMs: number): string {
  return drift === null ? '-' : `${drift.objects} for ${age(nowMs - Date.parse(drift.since))}`;
}

/** `42s`, `5m`, `3h`, `12d`: as kubectl does. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
