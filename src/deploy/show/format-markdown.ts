import type { Limit } from '../../error/cut-text.ts';
import { code } from './markdown-text.ts';
import { planSections } from './plan-sections.ts';
import { fitSections, text } from './sections.ts';
import { comparedCommits, summaryOf } from './shown-plan.ts';
import type { ShownPlan } from './shown-plan.ts';

/** GitHub accepts 65,536 characters in a comment, and the script that posts it may add some. */
const LIMIT: Limit = { length: 60_000, lengthOf: (line) => line.length };

/** For a comment that a script posts. */
export function formatMarkdown(plan: ShownPlan): string {
  const { open, objects, diffs } = planSections(plan);
  const compared = comparedCommits(plan).map((commit) => code(commit));
  const sections = [
    text(`### Plan of ${code(plan.target)}`),
    text(`**${summaryOf(plan)}** · ${compared.join(' → ')}`),
    ...open,
    ...objects,
    ...diffs,
  ];
  return fitSections(sections, `See all: ${code(commandOf(plan))}`, LIMIT);
}

function commandOf({ target, directory, pullRequest }: ShownPlan): string {
  if (pullRequest !== null) return `headgate plan ${target} --pull-request ${pullRequest.number}`;
  return directory === null ? `headgate plan ${target}` : `headgate plan ${target} --directory .`;
}
