import type { Log } from '../deploy/ports/log.ts';
import { escapeInvisible } from '../error/visible-text.ts';

export interface LogOutput {
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
}

/** One JSON object per line, with `time` (RFC 3339), `level` and `message` first. Consoles show the text as it is. */
export function jsonLog({ write, nowMs }: LogOutput): Log {
  return ({ level, message, ...fields }) => {
    const line = { time: new Date(nowMs()).toISOString(), level, message, ...fields };
    const text = JSON.stringify(line, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    write(`${escapeInvisible(text)}\n`);
  };
}
