import { cutEnd, inCharacters } from '../../error/cut-text.ts';
import { cell, code } from '../../deploy/show/markdown-text.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Absence } from './judge.ts';
import type { PreviewState } from './look.ts';

/** How one preview of a pull request is. */
export type PreviewResult = { readonly name: string } & (
  | { readonly kind: 'absent'; readonly why: Absence; readonly limit: number; readonly isDeleted: boolean }
  /** Nothing but a person helps. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The run is repeated. */
  | { readonly kind: 'failed'; readonly problem: Problem }
  | {
      readonly kind: 'deployed';
      readonly revision: Revision;
      readonly state: PreviewState;
      /** Of the run, if there was one. */
      readonly errors: readonly Problem[];
      readonly url: string | null;
    }
);

/** The limit for text that others wrote. */
const TEXT = inCharacters(301);

/** The part of the comment that shows previews. `before`: as it was; its other previews are kept. */
export function previewsSection(results: readonly PreviewResult[], before = ''): string {
  const rows = results.map((result) => {
    const url = result.kind === 'deployed' && result.url !== null ? `<${result.url}>` : '';
    return `${startOf(result)} ${stateOf(result)} | ${url} |`;
  });
  const others = before
    .split('\n')
    .filter((line) => line.startsWith('| `') && !results.some((result) => line.startsWith(startOf(result))));
  return ['### Headgate preview', '', '| preview | state | address |', '|---|---|---|', ...others, ...rows].join('\n');
}

function startOf({ name }: PreviewResult): string {
  return `| ${cell(name)} |`;
}

/** Is there something to show? A pull request without the label has no preview, and needs no line that says so. */
export function isWorthShowing(result: PreviewResult): boolean {
  if (result.kind !== 'absent') return true;
  return result.isDeleted || ['expired', 'fork', 'full'].includes(result.why);
}

function stateOf(result: PreviewResult): string {
  switch (result.kind) {
    case 'absent':
      return result.isDeleted || result.why === 'expired' ? `deleted: ${reasonOf(result)}` : reasonOf(result);
    case 'refused':
      return `refused: ${shown(result.problem)}`;
    case 'failed':
      return `not deployed yet, retrying: ${shown(result.problem)}`;
    case 'deployed':
      return deployedState(result);
    default:
      return result satisfies never;
  }
}

export function reasonOf({ why, limit }: { readonly why: Absence; readonly limit: number }): string {
  switch (why) {
    case 'closed':
      return 'the pull request was closed';
    case 'unlabeled':
      return 'the label was removed';
    case 'into-another':
      return 'the pull request is into another branch';
    case 'fork':
      return 'refused: pull requests of forks get no preview';
    case 'expired':
      return 'nothing was pushed within its ttl. Push to bring it back';
    case 'full':
      return `left out: there are ${limit} previews already. It is deployed when one of them is deleted`;
    default:
      return why satisfies never;
  }
}

function deployedState({
  revision,
  state: { isAtHead, verdict, readiness, notReady },
  errors,
}: Extract<PreviewResult, { kind: 'deployed' }>): string {
  const at = code(revision.slice(0, 12));
  const [error, ...others] = errors;
  if (!isAtHead) {
    const what = error === undefined ? '' : `: ${shown(error)}${moreOf(others)}`;
    // The state may still be about an older head.
    const isKnown = verdict !== null && verdict !== 'deployed' && verdict !== 'unchanged';
    return `${isKnown ? verdict : 'not deployed yet'} at ${at}${what}`;
  }
  switch (readiness) {
    case null:
      return `deployed at ${at}`;
    case 'ready':
      return `ready at ${at}`;
    case 'progressing':
      return `deployed at ${at}, not ready yet`;
    case 'not-ready': {
      const [first, ...rest] = notReady;
      const what = first === undefined ? '' : `: ${cell(cutEnd(`${first.kind} ${first.name}: ${first.reason}`, TEXT))}`;
      return `not ready at ${at}${what}${moreOf(rest)}`;
    }
    default:
      return readiness satisfies never;
  }
}

function shown({ subject, message }: Problem): string {
  return cell(cutEnd(`${subject} ${message}`, TEXT));
}

function moreOf(others: readonly unknown[]): string {
  return others.length === 0 ? '' : ` (+${others.length} more)`;
}
