import type { Rule } from '../config/config.ts';
import type { Found } from '../config/expand.ts';
import { fillRule } from '../config/for-each.ts';
import { uninstallCommand } from '../deploy/made-target.ts';
import { asDeployError } from '../error/deploy-error.ts';
import type { LocalRuntime } from '../local/runtime.ts';
import { ruleTargets } from './rule-target.ts';

/** What a directory that is gone has left in a cluster. */
export interface LeftOver {
  readonly name: string;
  readonly repository: string;
  readonly directory: string;
  /** To be pasted. */
  readonly command: string;
}

/**
 * One metadata list in each namespace that a rule may use: states of directories that its glob matches and its branch no
 * longer has. Where we may not look there is nothing to say.
 */
export async function leftOver(
  rules: readonly Rule[],
  found: readonly Found[],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
): Promise<readonly LeftOver[]> {
  const listed = await Promise.all(
    rules.flatMap((rule) =>
      rule.forEach.clusters.flatMap((cluster) =>
        ruleTargets([rule], cluster).map(async (place) => {
          const states = await statesIn(place, { runtime, signal });
          const there = new Set(found.filter((each) => each.rule === rule).map(({ directory }) => directory));
          return states
            .filter(({ repository }) => repository === rule.settings.repository.name)
            .filter(({ name, directory }) => fillRule(rule, directory)?.name === name && !there.has(directory))
            .map(({ name, repository, directory }): LeftOver => {
              const { namespace } = place;
              const command = uninstallCommand({ name, cluster, namespace });
              return { name, repository, directory, command };
            });
        }),
      ),
    ),
  );
  return [...new Map(listed.flat().map((each) => [each.command, each])).values()];
}

async function statesIn(
  place: ReturnType<typeof ruleTargets>[number],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
) {
  try {
    const cluster = await runtime.openCluster(place);
    return (await cluster.made(signal)) ?? [];
  } catch (thrown) {
    const { problem } = asDeployError(thrown);
    runtime.log({ level: 'warn', message: 'not-looked-at', target: place.name, errors: [problem] });
    return [];
  }
}
