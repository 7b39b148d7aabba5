import type * as z from 'zod/mini';
import { safeParse } from 'zod/mini';
import type { ApiAnswer } from '../port/host-api.ts';
import { parseJson } from '../port/payload.ts';
import type { BranchPair, FoundPullRequest, HostCall, Page } from '../port/pull-requests.ts';

/**
 * Reads an answer whose content has a shape. Null for status 404: it does not exist, or the credentials may not see it.
 * Undefined for any other status above 299, and for another shape.
 */
export function reading<Shape extends z.ZodMiniType, Result>(
  shape: Shape,
  resultOf: (content: z.output<Shape>, answer: ApiAnswer) => Result | null | undefined,
): HostCall<Result>['read'] {
  return (answer) => {
    if (answer.status === 404) return null;
    if (answer.status < 200 || answer.status > 299) return undefined;
    const read = safeParse(shape, parseJson(answer.text));
    return read.success ? resultOf(read.data, answer) : undefined;
  };
}

/** A page of a host that links the next one: https://www.rfc-editor.org/rfc/rfc8288. The link itself is never followed. */
export function linkedPage<Item>(items: readonly Item[], { headers }: ApiAnswer): Page<Item> {
  return { items, isLast: !/;\s*rel="?next"?/i.test(String(headers['link'] ?? '')) };
}

/** Whether it is the open one of these branches of the repository. A fork may have branches of the same names. */
export function isOpenOf({ state, isFork, ...found }: FoundPullRequest, { head, into }: BranchPair): boolean {
  return state === 'open' && !isFork && found.head.branch === head && found.into === into;
}

/** For a URL: a text that is not an id addresses nothing. */
export function asNumber(id: string): string {
  return /^\d{1,20}$/.test(id) ? id : '0';
}
