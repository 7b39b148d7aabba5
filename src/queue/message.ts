import * as z from 'zod/mini';
import type { DeployRequest } from '../deploy/ports/request.ts';
import { asObjectId, asRevision } from '../snapshot/source.ts';

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
  const { data } = z.safeParse(Body, parseBody(body));
  if (data === undefined) return null;
  const { hint, ...rest } = data;
  if (hint === null) return { ...rest, hint };
  const revision = asRevision(hint.revision);
  return revision === null ? null : { ...rest, hint: { ...hint, revision, rootTree: asObjectId(hint.rootTree ?? '') } };
}

/** What releases before 0.2 called these keys: their messages may still be in the queue when the next release starts. */
const RENAMED: Readonly<Record<string, string>> = {
  from: 'generatedFrom',
  rule: 'template',
  hop: 'attempt',
  said: 'reported',
  isQuiet: 'statusIsFinal',
  goesOn: 'resumesRun',
};

/** A message body with the keys of this release; undefined when it is not JSON. */
export function parseBody(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? withTrigger(withCurrentKeys(value)) : value;
  } catch {
    return undefined;
  }
}

function withCurrentKeys(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      RENAMED[key] ?? key,
      key === 'from' && isRecord(value) ? withCurrentKeys(value) : value,
    ]),
  );
}

/** Releases before 0.2 wrote one text, and a delivery was whatever was neither of the others. */
function withTrigger({ delivery, ...record }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof delivery !== 'string' || record['trigger'] !== undefined) return record;
  const isNamed = delivery === 'sweep' || delivery === 'cli';
  return { ...record, trigger: isNamed ? { kind: delivery } : { kind: 'delivery', id: delivery } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
