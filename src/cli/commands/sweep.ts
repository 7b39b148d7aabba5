import type { Context, ExitCode } from '../context.ts';
import { notBuilt } from '../not-built.ts';

export async function sweepCommand(_context: Context): Promise<ExitCode> {
  throw notBuilt('sweep');
}
