import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../config/written/duration.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';

/** Readers of option values. @throws InvalidArgumentError, which ends in exit 64. */

export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

/** In milliseconds. Below a second a sweep would do nothing else than sweep. */
export function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= 1000) return ms;
  throw new InvalidArgumentError('It must be a duration from 1s to 168h, such as 30s or 5m.');
}

export function parseRevision(text: string): Revision {
  const revision = asRevision(text.toLowerCase());
  if (revision !== null) return revision;
  throw new InvalidArgumentError('It must be a full commit id of 40 hex digits.');
}

export function parseCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 999999.');
}
