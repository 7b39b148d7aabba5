import * as z from 'zod/mini';
import { parseBody } from './body.ts';

/** A branch is to be brought to the wanted versions of its images, or a stage to those of the stage before. What they are is read then. */
export interface WriteRequest {
  /** The group: `write/fleet/main`, `promote/shop/shop-prod`. */
  readonly target: string;
}

const Body = z.object({ target: z.string().check(z.regex(/^(?:write|promote)\//)) });

/** The request in a message body; null if it is not one. */
export function readWrite(body: string): WriteRequest | null {
  return z.safeParse(Body, parseBody(body)).data ?? null;
}
