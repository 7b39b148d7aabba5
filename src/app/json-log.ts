import type { Log } from '../deploy/ports/log.ts';

export interface LogOutput {
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
}

/** One JSON object per line, with `time` (RFC 3339), `level` and `message` first. */
export function jsonLog({ write, nowMs }: LogOutput): Log {
  return ({ level, message, ...fields }) => {
    const line = { time: new Date(nowMs()).toISOString(), level, message, ...fields };
    write(`${JSON.stringify(line, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`);
  };
}
