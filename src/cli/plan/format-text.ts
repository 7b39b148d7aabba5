import type { Problem } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { changeLines } from './format-change.ts';
import { comparedCommits, summaryOf } from '../../deploy/show/shown-plan.ts';
import type { ShownPlan } from '../../deploy/show/shown-plan.ts';

/** For a terminal. */
export function formatText(plan: ShownPlan): string {
  const { target, changes, refusals, warnings } = plan;
  const lines = changes.flatMap((change) =>
    changeLines(change, change.restarts ? 'restarts, because its pod template changes' : change.reason),
  );
  return [
    `${target}: ${comparedCommits(plan).join(' → ')}`,
    ...lines,
    ...warnings.map((warning) => problemText('warning', warning)),
    ...refusals.map((refusal) => problemText('refused', refusal)),
    ...waits(plan),
    ...(plan.hash === null ? [] : [`hash: ${plan.hash}`]),
    summaryOf(plan),
  ].join('\n');
}

function waits({ waitingFor, isDeferred }: ShownPlan): readonly string[] {
  if (waitingFor.length === 0) return [];
  return [visibleLine(`waiting: ${waitingFor.join(', ')}${isDeferred ? '' : ' must be ready first'}`)];
}

function problemText(word: string, { subject, message, remedy }: Problem): string {
  return `${visibleLine(`${word}: ${subject}: ${message}`)}\n  ${visibleLine(remedy)}`;
}
