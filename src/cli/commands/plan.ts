import type { Target } from '../../config/checked/config.ts';
import { planDeploy } from '../../deploy/run/deploy.ts';
import type { Planned } from '../../deploy/prepare/planned.ts';
import { stopwatch } from '../../deploy/report/stopwatch.ts';
import { makeWorld } from '../../deploy/requests/make-world.ts';
import type { Preview } from '../../deploy/ports/cluster.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { escapeInvisible, visibleLine } from '../../error/visible-text.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { describeUndecided, prunesNow } from '../../plan/model/plan.ts';
import type { Prune, Write } from '../../plan/model/plan.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import type { Entry } from '../../state/inventory.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export interface PlanFlags {
  readonly target: Target;
  /** Null: the tip of the branch. */
  readonly revision: Revision | null;
}

interface PlannedChange {
  readonly op: 'create' | 'update' | 'replace' | 'prune' | 'release' | 'keep';
  readonly id: ResourceId;
  readonly source: string;
  readonly fields: readonly FieldChange[];
  readonly reason: string | null;
}

type Refused = Extract<Preview, { kind: 'refused' }>;

/** Shows what a deploy would change. Exits with 2 when it would change something, 1 when it would be refused. */
export async function planCommand(context: Context, { target, revision }: PlanFlags): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: 'plan', progress: () => undefined });
  try {
    const ports = await runtime.open(target, revision);
    const world = makeWorld(ports, {
      request: { target, trigger: { kind: 'cli' } },
      runtime,
      clock: stopwatch(runtime.nowMs),
    });
    const planned = await planDeploy({ target, at: revision }, world, signal);
    const previewed = planned.refusals.length > 0 ? [] : await previewAll(planned, signal);
    const refusals = [...planned.refusals, ...previewed.flatMap((each) => ('problem' in each ? [each.problem] : []))];
    const changes = refusals.length > 0 ? [] : previewed.flatMap((each) => ('problem' in each ? [] : [each]));
    const shown = { ...planned, refusals };
    context.print(
      context.output === 'json' ? escapeInvisible(asJson(target, shown, changes)) : asText(target, shown, changes),
    );
    if (refusals.length > 0) return 1;
    return changes.some(({ op }) => op !== 'keep') ? 2 : 0;
  } finally {
    runtime.close();
  }
}

async function previewAll(planned: Planned, signal: AbortSignal): Promise<readonly (PlannedChange | Refused)[]> {
  const { steps: inOrder, prunes: deletions, releases, undecided, observed } = planned;
  if (observed === null) return [];
  // A step applies its objects in parallel: sort them by name, so that the same plan always reads the same.
  const steps = inOrder.map((step) => step.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)));
  const previewOf = (change: Write | Prune) => observed.preview(change, planned, signal);
  const writes = steps.flat().map(async (write) => previewWrite(write, await previewOf(write)));
  const now = new Set(prunesNow(planned).flat());
  const prunes = deletions.flat().map(async (prune) => {
    const change = previewPrune(prune, await previewOf(prune));
    return change.op === 'prune' && !now.has(prune) ? { ...change, reason: 'in a later run' } : change;
  });
  const changes = (await Promise.all([...writes, ...prunes])).flatMap((change) => (change === null ? [] : [change]));
  return [
    ...changes,
    ...releases.map(({ op, entry, to }) => leftChange(op, entry, `target ${to} defines it at this commit`)),
    ...undecided.map(({ entry, by }) => leftChange('keep', entry, describeUndecided(by))),
  ];
}

function leftChange(op: 'release' | 'keep', { id, file }: Entry, reason: string): PlannedChange {
  return { op, id, source: file, fields: [], reason };
}

function nameOf({ candidate }: Write): string {
  return formatId(candidate.resource.id);
}

/** Null when the dry run shows that applying it changes nothing; it has not passed for an unverified write. */
function previewWrite(write: Write, preview: Preview): PlannedChange | Refused | null {
  const { id, source } = write.candidate.resource;
  if (preview.kind === 'refused') return preview;
  const fields = preview.kind === 'differs' ? preview.fields : [];
  if (write.op === 'update' && fields.length === 0 && !write.unverified) return null;
  const reason = write.unverified ? 'not verified: it depends on an object of the same push' : null;
  return { op: write.op, id, source: `${source.path}:${source.line}`, fields, reason };
}

function previewPrune(prune: Prune, preview: Preview): PlannedChange {
  const { id, file } = prune.entry;
  if (preview.kind === 'keep') return { op: 'keep', id, source: file, fields: [], reason: preview.reason };
  return { op: 'prune', id, source: file, fields: [], reason: null };
}

function asJson({ name }: Target, planned: Planned, changes: readonly PlannedChange[]): string {
  return stringifyJson({
    target: name,
    revision: planned.revision,
    previous: planned.previous,
    changes: changes.map(({ op, id, source, fields }) => ({
      op,
      group: id.group,
      kind: id.kind,
      namespace: id.namespace,
      name: id.name,
      source,
      ...(fields.length === 0
        ? {}
        : { diff: fields.map(({ path, before, after }) => ({ path, before: before ?? null, after: after ?? null })) }),
    })),
    refusals: planned.refusals.map((refusal) => ({ ...refusal })),
    ...(planned.waitingFor.length === 0 ? {} : { waitingFor: planned.waitingFor }),
    ...(planned.warnings.length === 0 ? {} : { warnings: planned.warnings.map((warning) => ({ ...warning })) }),
  });
}

const SIGNS = { create: '+', update: '~', replace: '±', prune: '-', release: '>', keep: ' ' } as const;

function asText({ name }: Target, planned: Planned, changes: readonly PlannedChange[]): string {
  const { revision, previous, waitingFor } = planned;
  const head = `${name}: ${previous?.slice(0, 12) ?? 'nothing'} → ${revision.slice(0, 12)}`;
  const lines = changes.flatMap(({ op, id, source, fields, reason }) => [
    visibleLine(`${SIGNS[op]} ${op} ${formatId(id)}  (${source})${reason === null ? '' : `: ${reason}`}`),
    ...fields.map(({ path, before, after }) => visibleLine(`      ${path}: ${show(before)} → ${show(after)}`)),
  ]);
  const problems = (list: readonly Problem[], word: string) =>
    list.map(
      ({ subject, message, remedy }) => `${visibleLine(`${word}: ${subject}: ${message}`)}\n  ${visibleLine(remedy)}`,
    );
  const waits =
    waitingFor.length === 0
      ? []
      : [
          visibleLine(
            planned.isDeferred
              ? `waiting: ${waitingFor.join(', ')}`
              : `waiting: ${waitingFor.join(', ')} must be ready first`,
          ),
        ];
  const refusals = problems(planned.refusals, 'refused');
  const summary =
    refusals.length > 0
      ? `refused: ${refusals.length} ${refusals.length === 1 ? 'error' : 'errors'}`
      : summaryOf(changes);
  return [head, ...lines, ...problems(planned.warnings, 'warning'), ...refusals, ...waits, summary].join('\n');
}

function show(value: FieldChange['before']): string {
  return value === undefined ? '(none)' : stringifyJson(value);
}

function summaryOf(changes: readonly PlannedChange[]): string {
  const count = (op: PlannedChange['op']) => changes.filter((change) => change.op === op).length;
  const isNothing = changes.every(({ op }) => op === 'keep');
  return isNothing
    ? 'no changes'
    : `${count('create')} to create, ${count('update')} to update, ${count('replace') === 0 ? '' : `${count('replace')} to replace, `}${count('prune')} to prune${count('release') === 0 ? '' : `, ${count('release')} to release`}`;
}
