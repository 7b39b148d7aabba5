import * as z from 'zod/mini';
import { CHANNEL_EVENTS, SEVERITIES } from '../../config/written/channel-events.ts';
import type { Notice } from '../../channels/port.ts';
import { parsePlainBody } from './body.ts';

export interface NoticeQueue {
  /** `afterMs`: instead of the time for grouping, and however soon others of the channel are due. */
  send(notices: readonly Notice[], signal: AbortSignal, afterMs?: number): Promise<void>;
}

const Body = z.object({
  id: z.string(),
  channel: z.string(),
  at: z.string(),
  target: z.string(),
  repository: z.string(),
  delivery: z.string(),
  event: z.enum([...CHANNEL_EVENTS, 'test']),
  severity: z.enum(SEVERITIES),
  resolves: z.boolean(),
  revision: z.nullable(z.string()),
  text: z.string(),
  details: z.array(z.object({ subject: z.string(), message: z.string(), remedy: z.string() })),
  more: z.number(),
});

/** The notice in a message body; null if it is not one. */
export function readNotice(body: string): Notice | null {
  return z.safeParse(Body, parsePlainBody(body)).data ?? null;
}
