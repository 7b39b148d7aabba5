/** Writes one line of the log, with the time. */
export type Log = (
  line: { readonly level: Level; readonly message: string } & Readonly<Record<string, unknown>>,
) => void;

export type Level = 'debug' | 'info' | 'warn' | 'error';
