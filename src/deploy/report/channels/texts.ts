import { cutEnd, inCharacters } from '../../../error/cut-text.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import type { Description } from '../../../githost/port/shorten.ts';
import { describeHold } from '../../../state/hold.ts';
import type { Hold } from '../../../state/hold.ts';
import type { NotReady } from '../../../state/readiness.ts';
import type { Counts } from '../../ports/report.ts';

/** `1 created, 2 updated, 1 adopted, 1 pruned, 1 released, Namespace shop kept`, without zero parts. */
export function countsText({ created, updated, adopted = 0, pruned, released = 0, kept = [] }: Counts): string {
  const changed = [`${created} created`, `${updated} updated`, `${adopted} adopted`];
  const counts = [...changed, `${pruned} pruned`, `${released} released`];
  const stays = kept.length > 1 ? [`${kept[0]} kept (+${kept.length - 1} more)`] : kept.map((name) => `${name} kept`);
  const parts = [...counts.filter((part) => !part.startsWith('0 ')), ...stays];
  return parts.length === 0 ? 'no changes' : parts.join(', ');
}

/** `1 created, 2 updated, ready in 3.1 s` */
export function readyText(counts: Counts, durationMs: number): string {
  return `${countsText(counts)}, ready in ${(durationMs / 1000).toFixed(1)} s`;
}

/** `2 of 3 ready: web: ImagePullBackOff ghcr.io/…` */
export function notReadyText(total: number, notReady: readonly NotReady[]): string {
  const named = notReady.map(({ name, reason }) => `${name}: ${reason}`);
  return `${total - notReady.length} of ${total} ready: ${named.join('; ')}`;
}

/** `apps/web.yaml:7`, `message`, `(+2 more)`: for channels that have to shorten it. */
export function describeProblems([first, ...others]: readonly Problem[]): Description {
  if (first === undefined) return { what: 'failed for an unknown reason' };
  return { where: first.subject, what: first.message, ...moreOf(others) };
}

/** `apps/web.yaml:7 message (+2 more)` */
export function problemsText(problems: readonly Problem[]): string {
  const { where = '', what, more = '' } = describeProblems(problems);
  return `${where} ${what} ${more}`.trim();
}

/** `waiting for target infra`, `(+2 more)` */
export function describeWaiting([first = 'nothing', ...others]: readonly string[]): Description {
  return { what: `waiting for ${first}`, ...moreOf(others) };
}

/** The hash at the end is what a person needs to approve the plan, so it is never cut. */
export function describeDeferred(reason: string): Description {
  const [, what = reason, hash] = /^(.*;) (approve [0-9a-f]{7,32})$/.exec(reason) ?? [];
  return hash === undefined ? { what } : { what, more: hash };
}

function moreOf(others: readonly unknown[]): Pick<Description, 'more'> {
  return others.length === 0 ? {} : { more: `(+${others.length} more)` };
}

/** `held by jo since Nov 28 10:02 UTC: reason (at abcdef012345, until 2026-12-01T00:00:00Z)` */
export function heldText(hold: Hold): string {
  const { at, until } = hold;
  const where = [...(at === null ? [] : [`at ${at.slice(0, 12)}`]), ...(until === null ? [] : [`until ${until}`])];
  return `${describeHold(hold)}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
}

/** So that the number of tries is within the 140 characters that Git hosts show. */
const REASON = inCharacters(111);

/** `retrying: webhook x does not answer (3 tries)`: what fails, without the other side's own text, which the log has. */
export function retryingText([problem]: readonly Problem[], tries: number): string {
  const [reason = ''] = problem?.message.split(': ') ?? [];
  return `retrying: ${cutEnd(reason, REASON)} (${tries} ${tries === 1 ? 'try' : 'tries'})`;
}

/** `abcdef012345: 1 created`, for messages that are not shown on the commit. */
export function atRevision(revision: string | null, text: string): string {
  return `${revision?.slice(0, 12) ?? ''}: ${text}`;
}
