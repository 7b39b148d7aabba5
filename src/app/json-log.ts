import type { Log } from '../deploy/ports/log.ts';
import { escapeInvisible } from '../error/visible-text.ts';

export interface LogOutput {
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
  /** More fields of a line, for the platform that reads it. */
  readonly fieldsOf?: (line: Parameters<Log>[0], nowMs: number) => Readonly<Record<string, unknown>>;
}

/** One JSON object per line, with `time` (RFC 3339), `level` and `message` first. Consoles show the text as it is. */
export function jsonLog({ write, nowMs, fieldsOf }: LogOutput): Log {
  return (line) => {
    const atMs = nowMs();
    const { level, message, ...fields } = line;
    const time = new Date(atMs).toISOString();
    // Lambda takes lines with `timestamp` and `level` as they are; the rest of Headgate reads `time`.
    const forPlatform = fieldsOf === undefined ? {} : { timestamp: time };
    const written = { time, ...forPlatform, level, message, ...fields, ...fieldsOf?.(line, atMs) };
    const text = JSON.stringify(written, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    write(`${escapeInvisible(text)}\n`);
  };
}
