import type {
  Activity,
  EditView,
  PipelineView,
  PromoteView,
  PromotionsView,
  StageView,
  StepView,
} from '../../page/model.ts';
import type { Edit } from '../../promotion/carry/carried.ts';
import type { PlannedPromotion } from '../../promotion/run/promote-by-hand.ts';
import type { PromotionLook, StageLook, StepLook } from '../../promotion/run/look.ts';
import { shortVersion } from '../../promotion/record/commit-message.ts';
import { digestOf } from '../promote/plan-digest.ts';
import { problemView } from './fleet-view.ts';

/** What `headgate promotions` has read, as the page shows it. */
export function promotionsView(
  looks: readonly PromotionLook[],
  { readMs, activityOf }: { readonly readMs: number; readonly activityOf: (target: string) => Activity | null },
): PromotionsView {
  const pipelines = looks.map((look) => pipelineOf(look, activityOf));
  return { readAt: new Date(readMs).toISOString(), pipelines };
}

function pipelineOf(
  { promotion, stages, steps }: PromotionLook,
  activityOf: (target: string) => Activity | null,
): PipelineView {
  const columns = Map.groupBy(stages, ({ stage }) => columnOf(stage, steps));
  const inOrder = [...columns].toSorted(([a], [b]) => a - b).map(([, column]) => column);
  return {
    name: promotion,
    columns: inOrder.map((column) =>
      column.map((stage) => stageView(stage, steps.find(({ to }) => to === stage.stage) ?? null, activityOf)),
    ),
  };
}

/** How many steps it takes to a stage. The configuration has no circles. */
function columnOf(stage: string, steps: readonly StepLook[]): number {
  const step = steps.find(({ to }) => to === stage);
  return step === undefined ? 0 : 1 + Math.max(...step.from.map((each) => columnOf(each, steps)));
}

function stageView(
  look: StageLook,
  incoming: StepLook | null,
  activityOf: (target: string) => Activity | null,
): StageView {
  const { stage, revision, deployedAt, readySince, versions, problem } = look;
  return {
    name: stage,
    condition: conditionOf(look),
    note: noteOf(look),
    versions: versions.map(({ key, version }) => ({ key, version: shortVersion(version) })),
    revision,
    since: readySince ?? deployedAt,
    incoming: incoming === null ? null : stepView(incoming),
    activity: activityOf(stage),
    problem: problem === null ? null : problemView(problem),
  };
}

function noteOf({ held, problem, reason, waiting }: StageLook): string | null {
  const note = held ?? (problem === null ? reason : null);
  if (waiting === null || held !== null || note?.includes(waiting.reason) === true) return note;
  return [...(note === null ? [] : [note]), `${waiting.revision.slice(0, 12)} ${waiting.reason}`].join('; ');
}

function conditionOf({ problem, held, revision, reason }: StageLook): StageView['condition'] {
  if (problem !== null) return { tone: 'bad', text: 'unreadable' };
  if (held !== null) return { tone: 'warn', text: 'held' };
  if (revision === null) return { tone: 'calm', text: 'never deployed' };
  return reason === null ? { tone: 'good', text: 'ready' } : { tone: 'bad', text: 'not ready' };
}

function stepView({ from, agree, outcome, reasons, edits, leftOut, problem }: StepLook): StepView {
  return {
    from,
    agree,
    outcome,
    reasons,
    edits: edits.map((edit) => editView(edit)),
    leftOut,
    problem: problem === null ? null : problemView(problem),
  };
}

function editView({ key, path, line, from, to }: Edit): EditView {
  return {
    place: line === null ? path : `${path}:${line}`,
    key,
    before: shortVersion(from),
    after: shortVersion(to),
  };
}

/** What `headgate promote` would do, as the page shows it. */
export function promotePlan(planned: PlannedPromotion): NonNullable<PromoteView['plan']> {
  const { revision, change, passedOver, isHold, held } = planned;
  const { leftOut } = change;
  const edits = change.edits.map((edit) => editView(edit));
  return { revision, edits, leftOut, passedOver, isHold, held, digest: digestOf(planned) };
}
