import type { ErrorCode, Problem } from '../../error/deploy-error.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { Config, TargetTemplate, Target } from '../checked/config.ts';
import { directoryAbove } from '../written/directory-glob.ts';
import { fillTemplate, shownName } from './for-each.ts';
import type { Filled } from './for-each.ts';
import { directoryMistake } from '../written/path.ts';
import { isNamespace, isTargetName } from '../written/names.ts';

/** What a template makes of one directory. */
export type Expanded =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'refused'; readonly refused: RefusedDirectory };

/** A directory that the template may not make a target of. */
export interface RefusedDirectory {
  /** As a status and the log call it. */
  readonly name: string;
  readonly template: TargetTemplate;
  readonly directory: string;
  readonly problems: readonly Problem[];
}

type Others = Pick<Config, 'targets' | 'templates'>;

/** The target of one directory, or everything that stands against it; null when the directory is not the template's. */
export function expand(template: TargetTemplate, directory: string, others: Others): Expanded | null {
  const filled = fillTemplate(template, directory);
  if (filled === null) return null;
  const { name, path, namespace } = filled;
  const cluster = template.forEach.clusters.find((each) => each.name === filled.cluster);
  const problems = [
    ...judgeName(filled, { template, directory, others }),
    ...judgePlace(filled, { template, directory }),
    ...judgePath(filled, { template, directory, others }),
  ];
  if (cluster === undefined || problems.length > 0)
    return { kind: 'refused', refused: { name: shownName(name), template, directory, problems } };
  const namespaces = template.namespaces ?? [namespace];
  const from = { template: template.name, directory };
  return {
    kind: 'target',
    target: { ...template.settings, name, path, cluster, namespace, namespaces, generatedFrom: from },
  };
}

interface Judged {
  readonly template: TargetTemplate;
  readonly directory: string;
}

function judgeName({ name }: Filled, { template, directory, others }: Judged & { others: Others }): readonly Problem[] {
  if (!isTargetName(name)) {
    const message = `comes to the name ${printable(name)}, which is no name of a target`;
    const remedy = `Use up to 40 lower-case letters, digits and dashes: rename the directory, or mend name at ${template.place}.`;
    return [refusal('name-invalid', directory, { message, remedy })];
  }
  const isTaken = others.targets.some((target) => target.name === name);
  return isTaken
    ? [nameTaken(name, { template, directory }, `a target of ${template.place.replace(/:\d+$/, '')}`)]
    : [];
}

/** `by`: the other one that has the name. */
export function nameTaken(name: string, { template, directory }: Judged, by: string): Problem {
  return refusal('name-taken', directory, {
    message: `comes to the name ${name}, as ${by} does`,
    remedy: `Put into name at ${template.place} what tells them apart, such as {{cluster}} or {{segment.1}}.`,
  });
}

function judgePlace({ cluster, namespace }: Filled, { template, directory }: Judged): readonly Problem[] {
  const { clusters, namespaces } = template.forEach;
  const problems: Problem[] = [];
  if (!clusters.some(({ name }) => name === cluster)) {
    const message = `comes to cluster ${printable(cluster)}, which forEach.clusters at ${template.place} does not list`;
    const remedy = `Add it there if that is meant, or rename the directory. Listed: ${clusters.map(({ name }) => name).join(', ')}.`;
    problems.push(refusal('cluster-not-allowed', directory, { message, remedy }));
  }
  if (!isNamespace(namespace) || !namespaces.includes(namespace)) {
    const message = `comes to namespace ${printable(namespace)}, which forEach.namespaces at ${template.place} does not list`;
    const remedy = `Add it there if that is meant, or rename the directory. Listed: ${namespaces.join(', ')}.`;
    problems.push(refusal('namespace-not-allowed', directory, { message, remedy }));
  }
  return problems;
}

function judgePath({ path }: Filled, { template, directory, others }: Judged & { others: Others }): readonly Problem[] {
  if (/\p{C}/u.test(path) || directoryMistake(path) !== null || !isBelow(path, directory)) {
    const message = `comes to the path ${printable(path)}, which is not below it`;
    const remedy = `Mend path at ${template.place}, or remove it: it is the directory then.`;
    return [refusal('path-not-allowed', directory, { message, remedy })];
  }
  return claimsOf(path, template, others).map((claim) =>
    refusal('path-claimed', path, {
      message: `is claimed by template ${template.name} (${template.place}) and by template ${claim.name} (${claim.place})`,
      remedy: 'Change directories or path of one of them: nothing is deployed from it by either.',
    }),
  );
}

/** Which other templates make a target of this path too: the one directory of theirs above it says so, without a look at Git. */
function claimsOf(path: string, template: TargetTemplate, { templates }: Others): readonly TargetTemplate[] {
  const { repository, ref } = template.settings;
  return templates.filter((other) => {
    if (other.name === template.name || other.settings.ref !== ref) return false;
    if (other.settings.repository.name !== repository.name) return false;
    const directory = directoryAbove(other.forEach.directories, path);
    return directory !== null && fillTemplate(other, directory)?.path === path;
  });
}

/** A directory that one or several templates look at, at the commit that was read. */
export interface TemplateMatch {
  readonly template: TargetTemplate;
  readonly directory: string;
}

/** What all directories come to, once they are known: two that come to one name are refused, both. */
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
  const twins = targets.flatMap(({ template, target: { name, generatedFrom: from } }) => {
    const twin = byName.get(name)?.find(({ target }) => target.generatedFrom !== from)?.target.generatedFrom;
    if (from === null || !twin) return [];
    const problems = [nameTaken(name, { template, directory: from.directory }, twin.directory)];
    return [{ name, template, directory: from.directory, problems }];
  });
  return {
    targets: targets.flatMap(({ target }) => (byName.get(target.name)?.length === 1 ? [target] : [])),
    refused: [...refused, ...twins],
  };
}

function refusal(code: ErrorCode, directory: string, fault: { message: string; remedy: string }): Problem {
  return { code, subject: printable(directory), ...fault };
}

/** A pushed tree chooses it, and a control character would change how a log or a status reads. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}
