import type { Problem } from '../../error/deploy-error.ts';
import type { Refusal } from '../../error/refused-object.ts';
import type { World } from '../ports/world.ts';
import type { Rendered } from '../render/render.ts';

/** One problem for each refused field, at its line of the file. A push without refusals loads nothing for it. */
export async function locateFields(
  problems: readonly Refusal[],
  rendered: Pick<Rendered, 'source' | 'renderer'>,
  world: Pick<World, 'git' | 'readers'>,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  if (problems.every(({ refused }) => refused === undefined)) return problems;
  const { findFields } = await import('./find-fields.ts');
  return findFields(problems, rendered, world, signal);
}
