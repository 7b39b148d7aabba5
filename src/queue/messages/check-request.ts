import * as z from 'zod/mini';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import { asRevision } from '../../snapshot/source.ts';
import { parseBody } from './body.ts';
import { recipientShape, triggerShape } from './deploy-request.ts';

const AwaitedObject = z.object({
  apiVersion: z.string(),
  id: z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }),
  mayVanish: z.boolean(),
});

const Body = z.object({
  ...recipientShape,
  trigger: triggerShape,
  revision: z.string(),
  sinceMs: z.number(),
  beganMs: z.number(),
  counts: z.object({
    created: z.number(),
    updated: z.number(),
    pruned: z.number(),
    adopted: z.optional(z.number()),
    released: z.optional(z.number()),
    kept: z.optional(z.array(z.string())),
  }),
  objects: z.union([z.array(AwaitedObject), z.literal('all')]),
  total: z.nullable(z.number()),
  attempt: z.number(),
  reported: z.nullable(z.enum(['progressing', 'not-ready'])),
  statusIsFinal: z.boolean(),
  resumesRun: z.boolean(),
  preview: z.optional(z.object({ name: z.string(), number: z.int(), branch: z.string(), sha: z.string() })),
  lifted: z.optional(z.nullable(z.object({ namespaces: z.array(z.string()), ofContent: z.optional(z.boolean()) }))),
});

/** The check in a message body; null if it is not a check. */
export function readCheck(body: string): CheckRequest | null {
  const { data } = z.safeParse(Body, parseBody(body));
  const revision = asRevision(data?.revision ?? '');
  return data === undefined || revision === null ? null : { ...data, revision };
}
