import * as z from 'zod/mini';
import type { PlanRequest } from '../../deploy/ports/githost/plan-request.ts';
import { parseBody } from './body.ts';
import { triggerShape } from './deploy-request.ts';

const common = { target: z.string(), repository: z.string(), trigger: triggerShape, at: z.string() };

const Body = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('plan'),
    pullRequest: z.int().check(z.positive()),
    comment: z.nullable(z.string()),
  }),
  z.object({ ...common, kind: z.literal('preview'), pullRequest: z.int().check(z.positive()), resumes: z.boolean() }),
  z.object({ ...common, kind: z.literal('refresh'), deployed: z.array(z.string()) }),
]);

/** The request in a message body; null if it is not a request to plan. */
export function readPlanRequest(body: string): PlanRequest | null {
  return z.safeParse(Body, parseBody(body)).data ?? null;
}
