import * as z from 'zod/mini';
import { asRevision } from '../snapshot/source.ts';
import type { Revision } from '../snapshot/source.ts';
import type { History, HistoryEntry } from './history.ts';
import { RECORDED_VERDICTS } from './history.ts';

const Commit = z.custom<Revision>((value) => typeof value === 'string' && asRevision(value) !== null);

const Stored = z.object({
  revision: Commit,
  verdict: z.enum(RECORDED_VERDICTS),
  subject: z.nullable(z.string()),
  author: z.nullable(z.string()),
  committedMs: z.optional(z.nullable(z.number())),
  created: z.number(),
  updated: z.number(),
  pruned: z.number(),
  durationMs: z.number(),
  by: z.string(),
  approvedBy: z.optional(z.string()),
  at: z.string(),
  awaited: z.nullable(Commit),
});

/** The entries; what a person has edited so that it cannot be read is left out. */
export function decodeHistory(history: History): readonly HistoryEntry[] {
  return history.flatMap((text) => {
    const parsed = z.safeParse(Stored, parsedJson(text));
    return parsed.success ? [parsed.data] : [];
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
