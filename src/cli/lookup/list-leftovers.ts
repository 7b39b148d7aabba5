import type { TargetTemplate } from '../../config/checked/config.ts';
import type { TemplateMatch } from '../../config/templates/expand.ts';
import { fillTemplate } from '../../config/templates/for-each.ts';
import { uninstallHint } from '../../deploy/prepare/uninstall-hint.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { representativeTargets } from '../../config/templates/representative-target.ts';

/** A generated target that is still in a cluster although its directory was removed. */
export interface Leftover {
  readonly name: string;
  readonly repository: string;
  readonly directory: string;
  /** Removes it; complete, to be pasted. */
  readonly command: string;
}

/**
 * Finds states of directories that a template's glob matches and its branch no longer has, by one metadata list in each
 * namespace of the template. A namespace that cannot be listed is logged and skipped.
 */
export async function listLeftovers(
  templates: readonly TargetTemplate[],
  found: readonly TemplateMatch[],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
): Promise<readonly Leftover[]> {
  const listed = await Promise.all(
    templates.flatMap((template) =>
      template.forEach.clusters.flatMap((cluster) =>
        representativeTargets([template], cluster).map(async (target) => {
          const { namespace } = target;
          const states = await listStates(target, { runtime, signal });
          const existing = new Set(found.filter((each) => each.template === template).map((each) => each.directory));
          return states
            .filter(({ repository }) => repository === template.settings.repository.name)
            .filter(
              ({ name, directory }) => fillTemplate(template, directory)?.name === name && !existing.has(directory),
            )
            .map(({ name, repository, directory }): Leftover => {
              const command = uninstallHint({ name, cluster, namespace });
              return { name, repository, directory, command };
            });
        }),
      ),
    ),
  );
  return [...new Map(listed.flat().map((each) => [each.command, each])).values()];
}

async function listStates(
  target: ReturnType<typeof representativeTargets>[number],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
) {
  try {
    const cluster = await runtime.openCluster(target);
    return (await cluster.generatedTargets(signal)) ?? [];
  } catch (thrown) {
    const { problem } = asDeployError(thrown);
    runtime.log({ level: 'warn', message: 'list-failed', target: target.name, errors: [problem] });
    return [];
  }
}
