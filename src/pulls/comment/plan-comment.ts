import type { Problem } from '../../error/deploy-error.ts';
import { shownHash } from '../../plan/approval/plan-hash.ts';
import type { Limit } from '../../error/cut-text.ts';
import { cell, code, codeTag } from '../../deploy/show/markdown-text.ts';
import { planSections, problems } from '../../deploy/show/plan-sections.ts';
import { fitSections, text } from '../../deploy/show/sections.ts';
import type { Section } from '../../deploy/show/sections.ts';
import { changesAnything, summaryOf } from '../../deploy/show/shown-plan.ts';
import type { ShownPlan } from '../../deploy/show/shown-plan.ts';

/** What is known of one target. */
export type TargetPlan =
  | { readonly kind: 'planned'; readonly target: string; readonly plan: ShownPlan }
  | { readonly kind: 'failed'; readonly target: string; readonly problem: Problem };

export interface PlanComment {
  readonly pullRequest: { readonly number: number; readonly head: string; readonly into: string };
  /** Of the branch. */
  readonly tip: string;
  readonly plans: readonly TargetPlan[];
  /** Targets that are not planned, because there are too many. */
  readonly left: readonly string[];
  /** Why there is no merge to plan. */
  readonly problem: Problem | null;
}

/** For the signature, a note at the top, and previews. */
const RESERVED = 8_000;

/** What reviewers read. Refusals come first, and everything that does not fit is counted. */
export function formatComment(comment: PlanComment, limit: Limit): string {
  const { pullRequest, plans, left, problem } = comment;
  const one = plans[0]?.target ?? left[0] ?? 'TARGET';
  const command = `headgate plan ${plans.length + left.length === 1 ? one : 'TARGET'} --pull-request ${pullRequest.number}`;
  const sorted = plans.toSorted((a, b) => rankOf(a) - rankOf(b));
  const shown = sorted.map((each) => {
    const prefix = plans.length > 1 ? `${codeTag(each.target)} ` : '';
    return { each, sections: each.kind === 'planned' ? planSections(each.plan, prefix) : null };
  });
  const sections: readonly Section[] = [
    text('### Headgate plan'),
    text(heldFor(comment)),
    ...(problem === null ? [] : problems('Not planned', [problem])),
    ...table(sorted),
    ...hashes(sorted),
    ...(left.length === 0 ? [] : [text(leftText(left, pullRequest.number))]),
    ...shown.flatMap(({ each, sections: of }) => withTitle(each, of?.open ?? failure(each), plans.length > 1)),
    ...shown.flatMap(({ sections: of }) => of?.objects ?? []),
    ...shown.flatMap(({ sections: of }) => of?.diffs ?? []),
  ];
  return fitSections(sections, `See all: ${code(command)}`, { ...limit, length: limit.length - RESERVED });
}

function heldFor({ pullRequest: { head, into }, tip }: PlanComment): string {
  const of = `${code(head.slice(0, 12))} merged into ${code(into)} at ${code(tip.slice(0, 12))}`;
  return `Plan of ${of}. Comment ${code('/headgate plan')} to plan again.`;
}

/** What a person has to look at comes first. */
function rankOf(each: TargetPlan): number {
  if (each.kind === 'failed') return 1;
  if (each.plan.refusals.length > 0) return 0;
  return changesAnything(each.plan) ? 2 : 3;
}

function table(plans: readonly TargetPlan[]): readonly Section[] {
  if (plans.length === 0) return [];
  const lines = plans.map((each) => `| ${cell(each.target)} | ${countsOf(each)} | ${verdictOf(each)} |`);
  return [{ begin: '| target | plan | verdict |\n|---|---|---|', lines, end: '', unit: 'target' }];
}

/** What a plan is approved by. */
function hashes(plans: readonly TargetPlan[]): readonly Section[] {
  const known = plans.flatMap((each) => {
    const hash = each.kind === 'planned' && changesAnything(each.plan) ? each.plan.hash : null;
    return hash === null ? [] : [`${code(each.target)} ${code(shownHash(hash))}`];
  });
  return known.length === 0 ? [] : [text(`Hash: ${known.join(', ')}`)];
}

function countsOf(each: TargetPlan): string {
  return each.kind === 'failed' ? 'not planned' : summaryOf(each.plan);
}

export function verdictOf(each: TargetPlan): string {
  if (each.kind === 'failed') return 'unknown';
  const { refusals, isDeferred, waitingFor } = each.plan;
  if (refusals.length > 0) return 'would be refused';
  if (!changesAnything(each.plan)) return 'unchanged';
  if (isDeferred) return 'would be deferred';
  return waitingFor.length > 0 ? 'would be deployed after a wait' : 'would be deployed';
}

function leftText(left: readonly string[], number: number): string {
  const names = left.slice(0, 50).map((name) => code(name));
  const more = left.length > names.length ? ` and ${left.length - names.length} more` : '';
  return `Not planned, because there are too many: ${names.join(', ')}${more}. Comment ${code('/headgate plan TARGET')}, or run ${code(`headgate plan TARGET --pull-request ${number}`)}.`;
}

function failure(each: TargetPlan): readonly Section[] {
  return each.kind === 'failed' ? problems('Could not be planned', [each.problem]) : [];
}

function withTitle(each: TargetPlan, sections: readonly Section[], hasOthers: boolean): readonly Section[] {
  return sections.length === 0 || !hasOthers ? sections : [text(`#### ${code(each.target)}`), ...sections];
}

/** At the top of a comment until it is written again: an answer to a command, or that the plan is outdated. */
export function withNote(content: string, note: string | null): string {
  const rest = content.replace(/^(?:>[^\n]*\n)+\n*/, '');
  return note === null ? rest : `> ${note}\n\n${rest}`;
}

export const HELP = `Comment ${code('/headgate plan')} to plan again, ${code('/headgate plan TARGET')} to also plan that target, ${code('/headgate approve HASH')} to approve a merge whose plan has changed, ${code('/headgate hold TARGET REASON')} to keep a target at its commit, ${code('/headgate release TARGET')} to end the hold and deploy, or ${code('/headgate help')} for this list.`;
