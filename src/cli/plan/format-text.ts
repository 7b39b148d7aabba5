import type { Problem } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { changeLines } from './format-change.ts';
import { summaryOf } from './shown-plan.ts';
import type { ShownPlan } from './shown-plan.ts';

/** For a terminal. */
export function formatText(plan: ShownPlan): string {
  const { target, changes, refusals, warnings } = plan;
  const lines = changes.flatMap((change) => changeLines(change, change.reason));
  return [
    `${target}: ${comparedCommits(plan)}`,
    ...lines,
    ...warnings.map((warning) => problemText('warning', warning)),
    ...refusals.map((refusal) => problemText('refused', refusal)),
    ...waits(plan),
    summaryOf(plan),
  ].join('\n');
}

function waits({ waitingFor, isDeferred }: ShownPlan): readonly string[] {
  if (waitingFor.length === 0) return [];
  return [visibleLine(`waiting: ${waitingFor.join(', ')}${isDeferred ? '' : ' must be ready first'}`)];
}

/** `1a2b3c4d5e6f → working directory` */
export function comparedCommits({ revision, previous }: Pick<ShownPlan, 'revision' | 'previous'>): string {
  return `${previous?.slice(0, 12) ?? 'nothing'} → ${revision?.slice(0, 12) ?? 'working directory'}`;
}

function problemText(word: string, { subject, message, remedy }: Problem): string {
  return `${visibleLine(`${word}: ${subject}: ${message}`)}\n  ${visibleLine(remedy)}`;
}
