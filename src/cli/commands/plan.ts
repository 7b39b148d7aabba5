import type { Target } from '../../config/checked/config.ts';
import { planDeploy } from '../../deploy/run/deploy.ts';
import type { Planned } from '../../deploy/prepare/planned.ts';
import { stopwatch } from '../../deploy/report/stopwatch.ts';
import { makeWorld } from '../../deploy/requests/make-world.ts';
import type { Observed } from '../../deploy/ports/cluster.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { Prune, Write } from '../../plan/model/plan.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export interface PlanFlags {
  readonly target: Target;
  /** Null: the tip of the branch. */
  readonly revision: Revision | null;
}

interface PlannedChange {
  readonly op: 'create' | 'update' | 'replace' | 'prune' | 'keep';
  readonly id: ResourceId;
  readonly source: string;
  readonly fields: readonly FieldChange[];
  readonly reason: string | null;
}

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
    const changes = planned.refusals.length > 0 ? [] : await previewAll(planned, signal);
    context.print(context.output === 'json' ? asJson(target, planned, changes) : asText(target, planned, changes));
    if (planned.refusals.length > 0) return 1;
    return changes.some(({ op }) => op !== 'keep') ? 2 : 0;
  } finally {
    runtime.close();
  }
}

async function previewAll(
  { steps: inOrder, prunes: deletions, observed }: Planned,
  signal: AbortSignal,
): Promise<readonly PlannedChange[]> {
  if (observed === null) return [];
  // A step applies its objects in parallel: sort them by name, so that the same plan always reads the same.
  const steps = inOrder.map((step) => step.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)));
  const writes = steps.flat().map((write) => previewWrite(write, observed, signal));
  const prunes = deletions.flat().map((prune) => previewPrune(prune, observed, signal));
  return (await Promise.all([...writes, ...prunes])).flatMap((change) => (change === null ? [] : [change]));
}

function nameOf({ candidate }: Write): string {
  return formatId(candidate.resource.id);
}

/** Null when the dry run shows that applying it changes nothing. */
async function previewWrite(write: Write, observed: Observed, signal: AbortSignal): Promise<PlannedChange | null> {
  const { id, source } = write.candidate.resource;
  const preview = await observed.preview(write, signal);
  const fields = preview.kind === 'differs' ? preview.fields : [];
  if (write.op === 'update' && fields.length === 0) return null;
  const reason = write.unverified ? 'not verified: it depends on an object of the same push' : null;
  return { op: write.op, id, source: `${source.path}:${source.line}`, fields, reason };
}

async function previewPrune(prune: Prune, observed: Observed, signal: AbortSignal): Promise<PlannedChange> {
  const { id, file } = prune.entry;
  const preview = await observed.preview(prune, signal);
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

const SIGNS = { create: '+', update: '~', replace: '±', prune: '-', keep: ' ' } as const;

function asText({ name }: Target, planned: Planned, changes: readonly PlannedChange[]): string {
  const { revision, previous, waitingFor } = planned;
  const head = `${name}: ${previous?.slice(0, 12) ?? 'nothing'} → ${revision.slice(0, 12)}`;
  const lines = changes.flatMap(({ op, id, source, fields, reason }) => [
    `${SIGNS[op]} ${op} ${formatId(id)}  (${source})${reason === null ? '' : `: ${reason}`}`,
    ...fields.map(({ path, before, after }) => `      ${path}: ${show(before)} → ${show(after)}`),
  ]);
  const problems = (list: readonly Problem[], word: string) =>
    list.map(({ subject, message, remedy }) => `${word}: ${subject}: ${message}\n  ${remedy}`);
  const waits = waitingFor.length === 0 ? [] : [`waiting: ${waitingFor.join(', ')} must be ready first`];
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
    : `${count('create')} to create, ${count('update')} to update, ${count('replace') === 0 ? '' : `${count('replace')} to replace, `}${count('prune')} to prune`;
}
