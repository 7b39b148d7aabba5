import type { Target } from '../../config/config.ts';
import type { Revision } from '../../resource/source.ts';
import type { Context, ExitCode } from '../context.ts';
import { notBuilt } from '../not-built.ts';

export interface PlanFlags {
  readonly target: Target;
  /** Null: the tip of the branch. */
  readonly revision: Revision | null;
}

export async function planCommand(_context: Context, _flags: PlanFlags): Promise<ExitCode> {
  throw notBuilt('plan');
}
