import * as z from 'zod/mini';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { asObjectId, asRevision } from '../../snapshot/source.ts';
import { parseBody } from './body.ts';

export const recipientShape = {
  target: z.string().check(z.minLength(1)),
  generatedFrom: z.optional(z.object({ template: z.string(), directory: z.nullable(z.string()) })),
};

export const triggerShape = z.union([
  z.object({ kind: z.literal('delivery'), id: z.string() }),
  z.object({ kind: z.enum(['sweep', 'cli']) }),
]);

const Body = z.object({
  ...recipientShape,
  trigger: triggerShape,
  hint: z.nullable(
    z.object({
      revision: z.string(),
      rootTree: z.nullable(z.string()),
      // Messages of older versions do not have it.
      isForced: z._default(z.boolean(), true),
    }),
  ),
  at: z.string(),
  approval: z.optional(z.object({ hash: z.string(), by: z.string(), isForAny: z.optional(z.literal(true)) })),
  gaveUp: z.optional(z.literal(true)),
  wakes: z.optional(z.array(z.object(recipientShape))),
  wokenBy: z.optional(z.array(z.string())),
  drift: z.optional(
    z.object({
      suspects: z.union([z.array(z.object({ object: z.string(), file: z.string() })), z.literal('all')]),
      resting: z.number(),
      announced: z.optional(
        z.object({
          groupKinds: z.array(z.string()),
          namespaces: z.array(z.string()),
          deployedAt: z.nullable(z.string()),
        }),
      ),
    }),
  ),
});

/** The request in a message body; null if it is not a request. */
export function readRequest(body: string): DeployRequest | null {
  const { data } = z.safeParse(Body, parseBody(body));
  if (data === undefined) return null;
  const { hint, ...rest } = data;
  if (hint === null) return { ...rest, hint };
  const revision = asRevision(hint.revision);
  return revision === null ? null : { ...rest, hint: { ...hint, revision, rootTree: asObjectId(hint.rootTree ?? '') } };
}
