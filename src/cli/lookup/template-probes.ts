import type { Config, TargetTemplate, Target } from '../../config/checked/config.ts';
import { expandAll } from '../../config/templates/expand.ts';
import { listGeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { ProbeResult } from './probe.ts';

/** What a look at the directories of every template has found: a row for each template, and one for each directory. */
export async function probeTemplates(
  { templates, targets }: Pick<Config, 'templates' | 'targets'>,
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<{ readonly found: readonly ProbeResult[]; readonly targets: readonly Target[] }> {
  const looks = await Promise.all(
    templates.map(async (template) => ({ template, ...(await listGeneratedTargets([template], runtime, signal)) })),
  );
  const made = expandAll(
    looks.flatMap((look) => look.found),
    { templates, targets },
  );
  return {
    found: looks.flatMap((look) => [rowOf(look), ...directoryRows(look.template, made)]),
    targets: made.targets,
  };
}

function rowOf({
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
  const well = targets
    .filter(({ generatedFrom: from }) => from?.template === template.name)
    .map(({ name, cluster, namespace, generatedFrom: from }): ProbeResult => {
      const detail = `target ${name} on cluster ${cluster.name}, namespace ${namespace}`;
      return { kind: 'directory', name: from?.directory ?? '', detail, problem: null };
    });
  const not = refused
    .filter((each) => each.template === template)
    .flatMap(({ directory, problems }) =>
      problems.map((problem): ProbeResult => ({
        kind: 'directory',
        name: directory,
        detail: problem.message,
        problem,
      })),
    );
  return [...well, ...not].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
