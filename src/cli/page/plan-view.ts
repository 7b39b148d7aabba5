import type { ChangeView, PlanView } from '../../page/model.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import { summaryOf } from '../../deploy/show/shown-plan.ts';
import type { PlannedChange, ShownPlan } from '../../deploy/show/shown-plan.ts';
import { waitsText } from '../../state/waiting.ts';
import { problemView } from './fleet-view.ts';

/** What `headgate plan` shows, as the page shows it. */
export function planView(plan: ShownPlan): PlanView {
  const { previous, revision, changes, refusals, warnings, waitingFor, isDeferred, hash } = plan;
  return {
    from: previous,
    to: revision,
    summary: summaryOf(plan),
    changes: changes.map((change) => changeView(change)),
    refusals: refusals.map((problem) => problemView(problem)),
    warnings: warnings.map((problem) => problemView(problem)),
    waits: waitingFor.length === 0 ? null : waitsText({ on: waitingFor, isDeferred }),
    hash,
  };
}

function changeView({ op, id, source, reason, fields }: PlannedChange): ChangeView {
  const shown = fields.map(({ path, before, after }) => ({ path, before: textOf(before), after: textOf(after) }));
  return { op, object: formatId(id), source, reason, fields: shown };
}

function textOf(value: FieldChange['before']): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : stringifyJson(value);
}
