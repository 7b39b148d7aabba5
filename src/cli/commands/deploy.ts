import type { Target } from '../../config/config.ts';
import type { Context, ExitCode } from '../context.ts';
import { notBuilt } from '../not-built.ts';

export interface DeployFlags {
  readonly target: Target;
  /** Null: the target's own limit. */
  readonly pruneLimit: number | null;
}

export async function deployCommand(_context: Context, _flags: DeployFlags): Promise<ExitCode> {
  throw notBuilt('deploy');
}
