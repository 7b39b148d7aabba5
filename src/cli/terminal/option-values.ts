import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../config/written/duration.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';

// Parsers of option values. They throw InvalidArgumentError, which exits with 64.

export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('Must be a whole number from 0 to 65535.');
}

/** Milliseconds. At least a second: anything shorter would sweep without a pause. */
export function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= 1000) return ms;
  throw new InvalidArgumentError('Must be a duration from 1s to 168h, such as 30s or 5m.');
}

export function parseRevision(text: string): Revision {
  const revision = asRevision(text.toLowerCase());
  if (revision !== null) return revision;
  throw new InvalidArgumentError('Must be a full commit id of 40 or 64 hex digits.');
}

export function parseCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Must be a whole number from 0 to 999999.');
}

/** A line for other people: in commit statuses and Events. */
export function parseText(text: string): string {
  const line = text.trim();
  if (line !== '' && line.length <= 200 && !line.includes('\n')) return line;
  throw new InvalidArgumentError('Must be one line of 1 to 200 characters.');
}

/** A time, or a duration from now. */
export type WrittenTime = { readonly atMs: number } | { readonly inMs: number };

export function parseTime(text: string): WrittenTime {
  const inMs = parseDuration(text);
  if (inMs !== null && inMs > 0) return { inMs };
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i.test(text);
  const atMs = isTime ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return { atMs };
  throw new InvalidArgumentError(
    'Must be a time with its zone, such as 2026-12-01T09:00:00Z, or a duration such as 2h.',
  );
}
