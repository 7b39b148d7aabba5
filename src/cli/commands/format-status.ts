import type { Target } from '../../config/checked/config.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { readinessOf } from '../../deploy/readiness/readiness-of.ts';
import type { DeadLetter } from '../../platforms/local/dead-letters.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Leftover } from '../lookup/list-leftovers.ts';
import { formatTable } from '../terminal/table.ts';

export interface TargetStatus {
  readonly target: Target;
  /** Null: the state cannot be read, and `problem` says why. */
  readonly applied: Applied | null;
  readonly readiness: ReturnType<typeof readinessOf>;
  readonly problem: Problem | null;
  readonly letters: readonly DeadLetter[];
}

export interface Status {
  readonly rows: readonly TargetStatus[];
  /** Directories of target templates that may not become targets. */
  readonly refused: readonly RefusedDirectory[];
  readonly leftovers: readonly Leftover[];
}

export function formatStatusJson({ rows, refused, leftovers }: Status): string {
  const targets = rows.map(({ target, applied, readiness, letters }) => ({
    target: target.name,
    repository: target.repository.name,
    revision: applied?.source?.revision ?? null,
    attemptedRevision: applied?.attempted ?? null,
    verdict: applied?.verdict ?? null,
    readiness,
    drift: driftOf(target, applied),
    deployedAt: applied?.deployedAt ?? null,
    deadLetters: letters.map(({ delivery, revision, at }) => ({ delivery, revision, at })),
  }));
  const noState = {
    revision: null,
    attemptedRevision: null,
    readiness: null,
    drift: null,
    deployedAt: null,
    deadLetters: [],
  };
  const refusedRows = refused.map(({ name, template, directory, problems }) => {
    const repository = template.settings.repository.name;
    return { target: name, repository, ...noState, verdict: 'refused', directory, errors: problems };
  });
  const leftoverRows = leftovers.map(({ name, repository, directory, command }) => {
    return { target: name, repository, ...noState, verdict: 'left-over', directory, remedy: command };
  });
  return JSON.stringify([...targets, ...refusedRows, ...leftoverRows], null, 2);
}

export function formatStatusTable({ rows, refused, leftovers }: Status, nowMs: number): string {
  const cells = rows.map(({ target, applied, readiness, problem, letters }) => [
    target.name,
    applied?.source?.revision.slice(0, 12) ?? '-',
    problem === null ? (applied?.verdict ?? 'never deployed') : 'unreadable',
    readiness ?? '-',
    applied?.attempted !== undefined && applied.attempted !== (applied.source?.revision ?? null)
      ? (applied.attempted?.slice(0, 12) ?? '-')
      : '-',
    applied?.deployedAt === null || applied === null ? '-' : age(nowMs - Date.parse(applied.deployedAt)),
    driftText(driftOf(target, applied), nowMs),
    String(letters.length),
  ]);
  const table = formatTable(['TARGET', 'REVISION', 'VERDICT', 'READINESS', 'ATTEMPTED', 'AGE', 'DRIFT', 'DEAD'], cells);
  const letterLines = rows.flatMap(({ target, letters }) =>
    letters.map(
      ({ delivery, revision, at }) =>
        `dead letter: ${target.name} ${revision?.slice(0, 12) ?? 'tip'} (delivery ${delivery}, ${at})`,
    ),
  );
  const refusedLines = refused.flatMap(({ problems }) =>
    problems.map(({ subject, message, remedy }) => `refused: ${subject} ${message}. ${remedy}`),
  );
  const leftoverLines = leftovers.map(
    ({ name, directory, command }) =>
      `left over: ${name} (directory ${directory} was removed). To remove it: ${command}`,
  );
  return [table, ...letterLines, ...refusedLines, ...leftoverLines].join('\n');
}

/** With `drift: off`, what an earlier detection recorded is out of date. */
function driftOf({ drift }: Target, applied: Applied | null): Applied['drift'] {
  return drift === 'off' ? null : (applied?.drift ?? null);
}

function driftText(drift: Applied['drift'], nowMs: number): string {
  return drift === null ? '-' : `${drift.objects} for ${age(nowMs - Date.parse(drift.since))}`;
}

/** `42s`, `5m`, `3h`, `12d`, as kubectl does. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
