import type { Config, Rule, Target } from '../config/config.ts';
import { expandAll } from '../config/expand.ts';
import { lookAtRules } from '../deploy/look-at-rules.ts';
import type { MadeTargets } from '../deploy/look-at-rules.ts';
import type { LocalRuntime } from '../local/runtime.ts';
import type { Found } from './look-at.ts';

/** What a look at the directories of every rule has found: a row for each rule, and one for each directory. */
export async function findRules(
  { rules, targets }: Pick<Config, 'rules' | 'targets'>,
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<{ readonly found: readonly Found[]; readonly targets: readonly Target[] }> {
  const looks = await Promise.all(
    rules.map(async (rule) => ({ rule, ...(await lookAtRules([rule], runtime, signal)) })),
  );
  const made = expandAll(
    looks.flatMap((look) => look.found),
    { rules, targets },
  );
  return { found: looks.flatMap((look) => [rowOf(look), ...directoryRows(look.rule, made)]), targets: made.targets };
}

function rowOf({ rule, found, problems }: Pick<MadeTargets, 'found' | 'problems'> & { rule: Rule }): Found {
  const problem = problems[0] ?? null;
  const count = `${found.length} ${found.length === 1 ? 'directory' : 'directories'}`;
  const detail = problem === null ? `${rule.forEach.directories}: ${count}` : problem.message;
  return { kind: 'rule', name: rule.name, detail, problem };
}

function directoryRows(rule: Rule, { targets, refused }: Pick<MadeTargets, 'targets' | 'refused'>): readonly Found[] {
  const well = targets
    .filter(({ from }) => from?.rule === rule.name)
    .map(({ name, cluster, namespace, from }): Found => {
      const detail = `target ${name} on cluster ${cluster.name}, namespace ${namespace}`;
      return { kind: 'directory', name: from?.directory ?? '', detail, problem: null };
    });
  const not = refused
    .filter((each) => each.rule === rule)
    .flatMap(({ directory, problems }) =>
      problems.map((problem): Found => ({ kind: 'directory', name: directory, detail: problem.message, problem })),
    );
  return [...well, ...not].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
