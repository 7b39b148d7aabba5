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
    let text = textOf(written);
    // A push may have ten thousand errors.
    for (let kept = 512; text.length > LINE_LENGTH && kept > 0; kept >>= 1) text = textOf(shortened(written, kept));
    write(`${text}\n`);
  };
}

/** CloudWatch cuts an event off at 256 KB, and what is left of the line is not JSON. */
const LINE_LENGTH = 200_000;

function textOf(line: object): string {
  return escapeInvisible(
    JSON.stringify(line, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
}

/** The beginning of each list. */
function shortened(line: object, kept: number): object {
  const first = (value: unknown): unknown => (Array.isArray(value) ? value.slice(0, kept) : value);
  return { ...Object.fromEntries(Object.entries(line).map(([key, value]) => [key, first(value)])), isCut: true };
}
