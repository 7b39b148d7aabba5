import type { TargetTemplate } from '../../config/checked/config.ts';
import type { TemplateMatch } from '../../config/templates/expand.ts';
import { fillTemplate } from '../../config/templates/for-each.ts';
import { uninstallHint } from '../../deploy/prepare/uninstall-hint.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { templateTargets } from './template-target.ts';

/** What a directory that is gone has left in a cluster. */
export interface LeftOver {
  readonly name: string;
  readonly repository: string;
  readonly directory: string;
  /** To be pasted. */
  readonly command: string;
}

/**
 * One metadata list in each namespace that a template may use: states of directories that its glob matches and its branch no
 * longer has. Where we may not look there is nothing to say.
 */
export async function leftOver(
  templates: readonly TargetTemplate[],
  found: readonly TemplateMatch[],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
): Promise<readonly LeftOver[]> {
  const listed = await Promise.all(
    templates.flatMap((template) =>
      template.forEach.clusters.flatMap((cluster) =>
        templateTargets([template], cluster).map(async (place) => {
          const states = await statesIn(place, { runtime, signal });
          const there = new Set(found.filter((each) => each.template === template).map(({ directory }) => directory));
          return states
            .filter(({ repository }) => repository === template.settings.repository.name)
            .filter(({ name, directory }) => fillTemplate(template, directory)?.name === name && !there.has(directory))
            .map(({ name, repository, directory }): LeftOver => {
              const { namespace } = place;
              const command = uninstallHint({ name, cluster, namespace });
              return { name, repository, directory, command };
            });
        }),
      ),
    ),
  );
  return [...new Map(listed.flat().map((each) => [each.command, each])).values()];
}

async function statesIn(
  place: ReturnType<typeof templateTargets>[number],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
) {
  try {
    const cluster = await runtime.openCluster(place);
    return (await cluster.generatedTargets(signal)) ?? [];
  } catch (thrown) {
    const { problem } = asDeployError(thrown);
    runtime.log({ level: 'warn', message: 'not-looked-at', target: place.name, errors: [problem] });
    return [];
  }
}
