import * as z from 'zod/mini';
import type { DeployRequest } from '../deploy/request.ts';
import { asObjectId, asRevision } from '../resource/source.ts';

const Body = z.object({
  target: z.string().check(z.minLength(1)),
  from: z.optional(z.object({ rule: z.string(), directory: z.nullable(z.string()) })),
  delivery: z.string(),
  hint: z.nullable(
    z.object({
      revision: z.string(),
      rootTree: z.nullable(z.string()),
      // A message of a version that did not say so.
      isForced: z._default(z.boolean(), true),
    }),
  ),
  at: z.string(),
  drift: z.optional(
    z.object({
      suspects: z.union([z.array(z.object({ object: z.string(), file: z.string() })), z.literal('all')]),
      resting: z.number(),
    }),
  ),
});

/** The request in the body of a message; null when it is none of ours. */
export function readRequest(body: string): DeployRequest | null {
  const { data } = z.safeParse(Body, parse(body));
  if (data === undefined) return null;
  const { hint, ...rest } = data;
  if (hint === null) return { ...rest, hint };
  const revision = asRevision(hint.revision);
  return revision === null ? null : { ...rest, hint: { ...hint, revision, rootTree: asObjectId(hint.rootTree ?? '') } };
}

export function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
