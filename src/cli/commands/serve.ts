import type { Context, ExitCode } from '../context.ts';
import { notBuilt } from '../not-built.ts';

export interface ServeFlags {
  readonly host: string;
  /** 0: a free one is picked. */
  readonly port: number;
  readonly sweepIntervalMs: number;
  /** Null unless it was given: drift is not looked for yet. */
  readonly driftIntervalMs: number | null;
}

export async function serveCommand(_context: Context, _flags: ServeFlags): Promise<ExitCode> {
  throw notBuilt('serve');
}
