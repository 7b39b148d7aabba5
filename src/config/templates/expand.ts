import type { ErrorCode, Explanation, Problem } from '../../error/deploy-error.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { Config, TargetTemplate, Target } from '../checked/config.ts';
import { directoryAbove } from '../written/directory-glob.ts';
import { fillTemplate, printableName } from './for-each.ts';
import type { Filled } from './for-each.ts';
import { directoryError } from '../written/path.ts';
import { isNamespace, isTargetName } from '../written/names.ts';

/** The result of expanding a template for one directory. */
export type Expanded =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'refused'; readonly refused: RefusedDirectory };

/** A directory for which a template may not generate a target. */
export interface RefusedDirectory {
  /** The target's name for statuses and the log; may be invalid. */
  readonly name: string;
  readonly template: TargetTemplate;
  readonly directory: string;
  readonly problems: readonly Problem[];
}

type Others = Pick<Config, 'targets' | 'templates'>;

/** The generated target of one directory, or every reason to refuse it; null when the template does not match the directory. */
export function expand(template: TargetTemplate, directory: string, others: Others): Expanded | null {
  const filled = fillTemplate(template, directory);
  if (filled === null) return null;
  const { name, path, namespace } = filled;
  const cluster = template.forEach.clusters.find((each) => each.name === filled.cluster);
  const problems = [
    ...nameProblems(filled, { template, directory, others }),
    ...destinationProblems(filled, { template, directory }),
    ...pathProblems(filled, { template, directory, others }),
  ];
  if (cluster === undefined || problems.length > 0)
    return { kind: 'refused', refused: { name: printableName(name), template, directory, problems } };
  const namespaces = template.namespaces ?? [namespace];
  const from = { template: template.name, directory };
  return {
    kind: 'target',
    target: { ...template.settings, name, path, cluster, namespace, namespaces, generatedFrom: from },
  };
}

/** A directory that a template matches, at the commit that was read. */
export interface TemplateMatch {
  readonly template: TargetTemplate;
  readonly directory: string;
}

function nameProblems(
  { name }: Filled,
  { template, directory, others }: TemplateMatch & { others: Others },
): readonly Problem[] {
  if (!isTargetName(name)) {
    const message = `resolves to ${printable(name)}, which is not a valid target name`;
    const remedy = `Rename the directory, or change name at ${template.position}: up to 40 lowercase letters, digits and dashes.`;
    return [refusal('name-invalid', directory, { message, remedy })];
  }
  const isTaken = others.targets.some((target) => target.name === name);
  return isTaken
    ? [nameTaken(name, { template, directory }, `a target in ${template.position.replace(/:\d+$/, '')}`)]
    : [];
}

/** `usedBy`: the directory or target that already has the name. */
export function nameTaken(name: string, { template, directory }: TemplateMatch, usedBy: string): Problem {
  return refusal('name-taken', directory, {
    message: `resolves to target name ${name}, already used by ${usedBy}`,
    remedy: `Make name at ${template.position} unique with a placeholder such as {{cluster}} or {{segment.1}}.`,
  });
}

function destinationProblems(
  { cluster, namespace }: Filled,
  { template, directory }: TemplateMatch,
): readonly Problem[] {
  const { clusters, namespaces } = template.forEach;
  const problems: Problem[] = [];
  if (!clusters.some(({ name }) => name === cluster)) {
    const message = `resolves to cluster ${printable(cluster)}, which is not listed in forEach.clusters at ${template.position}`;
    const remedy = `Add the cluster to the list, or rename the directory. Listed: ${clusters.map(({ name }) => name).join(', ')}.`;
    problems.push(refusal('cluster-not-allowed', directory, { message, remedy }));
  }
  if (!isNamespace(namespace) || !namespaces.includes(namespace)) {
    const message = `resolves to namespace ${printable(namespace)}, which is not listed in forEach.namespaces at ${template.position}`;
    const remedy = `Add the namespace to the list, or rename the directory. Listed: ${namespaces.join(', ')}.`;
    problems.push(refusal('namespace-not-allowed', directory, { message, remedy }));
  }
  return problems;
}

function pathProblems(
  { path }: Filled,
  { template, directory, others }: TemplateMatch & { others: Others },
): readonly Problem[] {
  if (/\p{C}/u.test(path) || directoryError(path) !== null || !isBelow(path, directory)) {
    const message = `resolves to path ${printable(path)}, which is outside the directory`;
    const remedy = `Fix path at ${template.position}, or remove it: the default is the directory itself.`;
    return [refusal('path-not-allowed', directory, { message, remedy })];
  }
  return claimsOf(path, template, others).map((claim) =>
    refusal('path-claimed', path, {
      message: `is claimed by template ${template.name} (${template.position}) and by template ${claim.name} (${claim.position})`,
      remedy: 'Change directories or path of one of them. Until then, neither deploys it.',
    }),
  );
}

/** The other templates that claim this path too. Each has at most one directory above it, so Git need not be read. */
function claimsOf(path: string, template: TargetTemplate, { templates }: Others): readonly TargetTemplate[] {
  const { repository, ref } = template.settings;
  return templates.filter((other) => {
    if (other.name === template.name || other.settings.ref !== ref) return false;
    if (other.settings.repository.name !== repository.name) return false;
    const directory = directoryAbove(other.forEach.directories, path);
    return directory !== null && fillTemplate(other, directory)?.path === path;
  });
}

/** Expands all matching directories. When two resolve to the same name, both are refused. */
export function expandAll(
  found: readonly TemplateMatch[],
  others: Others,
): { readonly targets: readonly Target[]; readonly refused: readonly RefusedDirectory[] } {
  const expanded = found.flatMap(({ template, directory }) => {
    const one = expand(template, directory, others);
    return one === null ? [] : [{ template, directory, one }];
  });
  const targets = expanded.flatMap(({ template, one }) =>
    one.kind === 'target' ? [{ template, target: one.target }] : [],
  );
  const refused = expanded.flatMap(({ one }) => (one.kind === 'refused' ? [one.refused] : []));
  const byName = Map.groupBy(targets, ({ target }) => target.name);
  const duplicates = targets.flatMap(({ template, target: { name, generatedFrom: from } }) => {
    const other = byName.get(name)?.find(({ target }) => target.generatedFrom !== from)?.target.generatedFrom;
    if (from === null || !other) return [];
    const problems = [nameTaken(name, { template, directory: from.directory }, other.directory)];
    return [{ name, template, directory: from.directory, problems }];
  });
  return {
    targets: targets.flatMap(({ target }) => (byName.get(target.name)?.length === 1 ? [target] : [])),
    refused: [...refused, ...duplicates],
  };
}

function refusal(code: ErrorCode, directory: string, explanation: Explanation): Problem {
  return { code, subject: printable(directory), ...explanation };
}

/** Names come from the pushed tree, and a control character could disguise what a log or a status says. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}
