import type { Config, TargetTemplate, Target } from '../../config/checked/config.ts';
import { expandAll } from '../../config/templates/expand.ts';
import { listGeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { ProbeResult } from '../../app/probes/probe.ts';

/** Lists the directories of every target template: one row for each template, and one for each of its directories. */
export async function probeTemplates(
  { templates, targets }: Pick<Config, 'templates' | 'targets'>,
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<{ readonly results: readonly ProbeResult[]; readonly targets: readonly Target[] }> {
  const listings = await Promise.all(
    templates.map(async (template) => ({ template, ...(await listGeneratedTargets([template], runtime, signal)) })),
  );
  const generated = expandAll(
    listings.flatMap((listing) => listing.found),
    { templates, targets },
  );
  return {
    results: listings.flatMap((listing) => [templateRow(listing), ...directoryRows(listing.template, generated)]),
    targets: generated.targets,
  };
}

function templateRow({
  template,
  found,
  problems,
}: Pick<GeneratedTargets, 'found' | 'problems'> & { template: TargetTemplate }): ProbeResult {
  const problem = problems[0] ?? null;
  const count = `${found.length} ${found.length === 1 ? 'directory' : 'directories'}`;
  const detail = problem === null ? `${template.forEach.directories}: ${count}` : problem.message;
  return { kind: 'template', name: template.name, detail, problem };
}

function directoryRows(
  template: TargetTemplate,
  { targets, refused }: Pick<GeneratedTargets, 'targets' | 'refused'>,
): readonly ProbeResult[] {
  const accepted = targets
    .filter(({ generatedFrom: from }) => from?.template === template.name)
    .map(({ name, cluster, namespace, generatedFrom: from }): ProbeResult => {
      const detail = `target ${name} on cluster ${cluster.name}, namespace ${namespace}`;
      return { kind: 'directory', name: from?.directory ?? '', detail, problem: null };
    });
  const rejected = refused
    .filter((each) => each.template === template)
    .flatMap(({ directory, problems }) =>
      problems.map((problem): ProbeResult => ({
        kind: 'directory',
        name: directory,
        detail: problem.message,
        problem,
      })),
    );
  return [...accepted, ...rejected].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
