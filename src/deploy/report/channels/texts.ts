import type { Problem } from '../../../error/deploy-error.ts';
import type { NotReady } from '../../../state/readiness.ts';

interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly pruned: number;
}

/** `1 created, 2 updated, 1 pruned`, without zero parts. */
export function countsText({ created, updated, pruned }: Counts): string {
  const parts = [`${created} created`, `${updated} updated`, `${pruned} pruned`].filter(
    (part) => !part.startsWith('0 '),
  );
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

/** `apps/web.yaml:7 message (+2 more)` */
export function problemsText([first, ...more]: readonly Problem[]): string {
  if (first === undefined) return 'failed for an unknown reason';
  return `${first.subject} ${first.message}${more.length === 0 ? '' : ` (+${more.length} more)`}`;
}

/** So that the number of tries is within the 140 characters that Git hosts show. */
const REASON_LENGTH = 110;

/** `retrying: webhook x does not answer (3 tries)`: what fails, without the other side's own text, which the log has. */
export function retryingText([problem]: readonly Problem[], tries: number): string {
  const [reason = ''] = problem?.message.split(': ') ?? [];
  const cut = reason.length > REASON_LENGTH ? `${reason.slice(0, REASON_LENGTH)}…` : reason;
  return `retrying: ${cut} (${tries} ${tries === 1 ? 'try' : 'tries'})`;
}

/** `abcdef012345: 1 created`, for messages that are not shown on the commit. */
export function atRevision(revision: string | null, text: string): string {
  return `${revision?.slice(0, 12) ?? ''}: ${text}`;
}
