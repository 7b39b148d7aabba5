import type { Target } from '../../config/checked/config.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { heldText } from '../../deploy/report/channels/texts.ts';
import type { DeadLetter } from '../../platforms/local/dead-letters.ts';
import type { Drift, TargetState } from '../../state/target-state.ts';
import type { PreviewNamespace } from '../../deploy/ports/previews/preview-namespaces.ts';
import type { Fleet, TargetStatus } from '../lookup/read-fleet.ts';
import type { FoundPreviews } from '../lookup/read-previews.ts';
import { formatTable } from '../terminal/table.ts';
import { activeHold } from '../../state/current.ts';

export function formatStatusJson({ rows, refused, leftovers }: Fleet, previews: FoundPreviews): string {
  const targets = rows.map((row) => jsonOf(row));
  const previewRows = previews.rows.map((row) => ({
    ...jsonOf(row),
    ...(row.namespace.isTerminating ? { verdict: 'deleting' } : {}),
    preview: shownOf(row.namespace),
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
  const leftPreviews = previews.left.map(({ namespace, command }) => {
    const { name: target } = namespace;
    return { target, ...noState, verdict: 'left-over', preview: shownOf(namespace), remedy: command };
  });
  return JSON.stringify([...targets, ...previewRows, ...refusedRows, ...leftoverRows, ...leftPreviews], null, 2);
}

function jsonOf({ target, state, readiness, letters }: TargetStatus) {
  return {
    target: target.name,
    repository: target.repository.name,
    revision: state?.applied.source?.revision ?? null,
    attemptedRevision: attemptedOf(state),
    verdict: verdictOf(state),
    readiness,
    drift: driftOf(target, state),
    deployedAt: state?.applied.deployedAt ?? null,
    deadLetters: lettersOf(state, letters).map(({ delivery, revision, at }) => ({ delivery, revision, at })),
    ...retryingOf(state),
    ...(state?.hold ? { hold: state.hold } : {}),
  };
}

/** `since`: when the head was seen first. */
function shownOf({ name, record: { pullRequest, head, since } }: PreviewNamespace) {
  return { pullRequest, namespace: name, head, since };
}

export function formatStatusTable(
  { rows: targets, refused, leftovers }: Fleet,
  previews: FoundPreviews,
  nowMs: number,
): string {
  const rows = [...targets, ...previews.rows];
  const deleting = new Set(previews.rows.flatMap((row) => (row.namespace.isTerminating ? [row.target.name] : [])));
  const cells = rows.map(({ target, state, readiness, problem, letters }) => [
    target.name,
    state?.applied.source?.revision.slice(0, 12) ?? '-',
    deleting.has(target.name) ? 'deleting' : problem === null ? (verdictOf(state) ?? 'never deployed') : 'unreadable',
    readiness ?? '-',
    attemptedOf(state) === (state?.applied.source?.revision ?? null) ? '-' : (attemptedOf(state)?.slice(0, 12) ?? '-'),
    state?.applied.deployedAt === null || state === null ? '-' : age(nowMs - Date.parse(state.applied.deployedAt)),
    driftText(driftOf(target, state), nowMs),
    String(lettersOf(state, letters).length),
  ]);
  const table = formatTable(['TARGET', 'REVISION', 'VERDICT', 'READINESS', 'ATTEMPTED', 'AGE', 'DRIFT', 'DEAD'], cells);
  const retryLines = rows.flatMap(({ target, state }) => {
    const retry = state?.outcome.retry ?? null;
    if (retry === null) return [];
    const { revision, reason, since } = retry;
    return [
      `retrying: ${target.name} ${revision?.slice(0, 12) ?? 'tip'} for ${age(nowMs - Date.parse(since))}: ${reason}`,
    ];
  });
  const holdLines = rows.flatMap(({ target, state }) => {
    const hold = state === null ? null : activeHold(state, nowMs);
    return hold === null ? [] : [visibleLine(`held: ${target.name} ${heldText(hold)}`)];
  });
  const letterLines = rows.flatMap(({ target, state, letters }) =>
    lettersOf(state, letters).map(({ delivery, revision, at }) => {
      const where = delivery === null ? `on AWS, failing since ${at}` : `delivery ${delivery}, ${at}`;
      return `dead letter: ${target.name} ${revision?.slice(0, 12) ?? 'tip'} (${where})`;
    }),
  );
  const refusedLines = refused.flatMap(({ problems }) =>
    problems.map(({ subject, message, remedy }) => visibleLine(`refused: ${subject} ${message}. ${remedy}`)),
  );
  const leftoverLines = leftovers.map(({ name, directory, command }) =>
    visibleLine(`left over: ${name} (directory ${directory} was removed). To remove it: ${command}`),
  );
  const leftPreviewLines = previews.left.map(({ namespace: { name, record }, command }) =>
    visibleLine(`left over: ${name} (preview ${record.preview} was removed). To remove it: ${command}`),
  );
  return [
    table,
    ...holdLines,
    ...retryLines,
    ...letterLines,
    ...refusedLines,
    ...leftoverLines,
    ...leftPreviewLines,
  ].join('\n');
}

/** What was given up: from the own records of serve and, on AWS, from the state (record-dead.ts). */
export function lettersOf(
  state: TargetState | null,
  letters: readonly DeadLetter[],
): readonly { readonly delivery: string | null; readonly revision: string | null; readonly at: string }[] {
  const retry = state?.outcome.retry ?? null;
  if (retry === null || !hasGivenUp(state)) return letters;
  return [...letters, { delivery: retry.gaveUpOn ?? null, revision: retry.revision, at: retry.since }];
}

function hasGivenUp(state: TargetState | null): boolean {
  return state?.outcome.errors.includes('gave-up') === true;
}

/** While runs fail and are repeated, the verdict before them says nothing about the commit that waits. */
export function verdictOf(state: TargetState | null): string | null {
  if (hasGivenUp(state)) return 'failed';
  return state?.outcome.retry ? 'retrying' : (state?.outcome.verdict ?? null);
}

export function attemptedOf(state: TargetState | null): string | null {
  return state?.outcome.retry?.revision ?? state?.outcome.attempted ?? null;
}

function retryingOf(state: TargetState | null): object {
  if (!state?.outcome.retry) return {};
  const { reason, since } = state.outcome.retry;
  return { retrying: { reason, since } };
}

/** With `drift: off`, what an earlier detection recorded is out of date. */
export function driftOf({ drift }: Target, state: TargetState | null): Drift | null {
  return drift === 'off' ? null : (state?.drift.found ?? null);
}

function driftText(drift: Drift | null, nowMs: number): string {
  return drift === null ? '-' : `${drift.objects} for ${age(nowMs - Date.parse(drift.since))}`;
}

/** `42s`, `5m`, `3h`, `12d`, as kubectl does. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
