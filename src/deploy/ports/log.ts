/** One line of the log; who writes it adds the time. */
export type Log = (
  line: { readonly level: Level; readonly message: string } & Readonly<Record<string, unknown>>,
) => void;

export type Level = 'debug' | 'info' | 'warn' | 'error';
