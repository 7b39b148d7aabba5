import type { Target } from '../../config/config.ts';
import type { Context, ExitCode } from '../context.ts';
import { notBuilt } from '../not-built.ts';

export interface StatusFlags {
  readonly targets: readonly Target[];
}

export async function statusCommand(_context: Context, _flags: StatusFlags): Promise<ExitCode> {
  throw notBuilt('status');
}
