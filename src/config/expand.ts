import type { ErrorCode, Problem } from '../error/deploy-error.ts';
import { isBelow } from '../resource/source.ts';
import type { Config, Rule, Target } from './config.ts';
import { directoryAbove } from './directory-glob.ts';
import { fillRule, shownName } from './for-each.ts';
import type { Filled } from './for-each.ts';
import { directoryMistake } from './path.ts';
import { isNamespace, isTargetName } from './names.ts';

/** What a rule makes of one directory. */
export type Expanded =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'refused'; readonly refused: RefusedDirectory };

/** A directory that the rule may not make a target of. */
export interface RefusedDirectory {
  /** As a status and the log call it. */
  readonly name: string;
  readonly rule: Rule;
  readonly directory: string;
  readonly problems: readonly Problem[];
}

type Others = Pick<Config, 'targets' | 'rules'>;

/** The target of one directory, or everything that stands against it; null when the directory is not the rule's. */
export function expand(rule: Rule, directory: string, others: Others): Expanded | null {
  const filled = fillRule(rule, directory);
  if (filled === null) return null;
  const { name, path, namespace } = filled;
  const cluster = rule.forEach.clusters.find((each) => each.name === filled.cluster);
  const problems = [
    ...judgeName(filled, { rule, directory, others }),
    ...judgePlace(filled, { rule, directory }),
    ...judgePath(filled, { rule, directory, others }),
  ];
  if (cluster === undefined || problems.length > 0)
    return { kind: 'refused', refused: { name: shownName(name), rule, directory, problems } };
  const namespaces = rule.namespaces ?? [namespace];
  const from = { rule: rule.name, directory };
  return { kind: 'target', target: { ...rule.settings, name, path, cluster, namespace, namespaces, from } };
}

interface Judged {
  readonly rule: Rule;
  readonly directory: string;
}

function judgeName({ name }: Filled, { rule, directory, others }: Judged & { others: Others }): readonly Problem[] {
  if (!isTargetName(name)) {
    const message = `comes to the name ${printable(name)}, which is no name of a target`;
    const remedy = `Use up to 40 lower-case letters, digits and dashes: rename the directory, or mend name at ${rule.place}.`;
    return [refusal('name-invalid', directory, { message, remedy })];
  }
  const isTaken = others.targets.some((target) => target.name === name);
  return isTaken ? [nameTaken(name, { rule, directory }, `a target of ${rule.place.replace(/:\d+$/, '')}`)] : [];
}

/** `by`: the other one that has the name. */
export function nameTaken(name: string, { rule, directory }: Judged, by: string): Problem {
  return refusal('name-taken', directory, {
    message: `comes to the name ${name}, as ${by} does`,
    remedy: `Put into name at ${rule.place} what tells them apart, such as {{cluster}} or {{segment.1}}.`,
  });
}

function judgePlace({ cluster, namespace }: Filled, { rule, directory }: Judged): readonly Problem[] {
  const { clusters, namespaces } = rule.forEach;
  const problems: Problem[] = [];
  if (!clusters.some(({ name }) => name === cluster)) {
    const message = `comes to cluster ${printable(cluster)}, which forEach.clusters at ${rule.place} does not list`;
    const remedy = `Add it there if that is meant, or rename the directory. Listed: ${clusters.map(({ name }) => name).join(', ')}.`;
    problems.push(refusal('cluster-not-allowed', directory, { message, remedy }));
  }
  if (!isNamespace(namespace) || !namespaces.includes(namespace)) {
    const message = `comes to namespace ${printable(namespace)}, which forEach.namespaces at ${rule.place} does not list`;
    const remedy = `Add it there if that is meant, or rename the directory. Listed: ${namespaces.join(', ')}.`;
    problems.push(refusal('namespace-not-allowed', directory, { message, remedy }));
  }
  return problems;
}

function judgePath({ path }: Filled, { rule, directory, others }: Judged & { others: Others }): readonly Problem[] {
  if (/\p{C}/u.test(path) || directoryMistake(path) !== null || !isBelow(path, directory)) {
    const message = `comes to the path ${printable(path)}, which is not below it`;
    const remedy = `Mend path at ${rule.place}, or remove it: it is the directory then.`;
    return [refusal('path-not-allowed', directory, { message, remedy })];
  }
  return claimsOf(path, rule, others).map((claim) =>
    refusal('path-claimed', path, {
      message: `is claimed by rule ${rule.name} (${rule.place}) and by rule ${claim.name} (${claim.place})`,
      remedy: 'Change directories or path of one of them: nothing is deployed from it by either.',
    }),
  );
}

/** Which other rules make a target of this path too: the one directory of theirs above it says so, without a look at Git. */
function claimsOf(path: string, rule: Rule, { rules }: Others): readonly Rule[] {
  const { repository, ref } = rule.settings;
  return rules.filter((other) => {
    if (other.name === rule.name || other.settings.ref !== ref) return false;
    if (other.settings.repository.name !== repository.name) return false;
    const directory = directoryAbove(other.forEach.directories, path);
    return directory !== null && fillRule(other, directory)?.path === path;
  });
}

/** A directory that one or several rules look at, at the commit that was read. */
export interface Found {
  readonly rule: Rule;
  readonly directory: string;
}

/** What all directories come to, once they are known: two that come to one name are refused, both. */
export function expandAll(
  found: readonly Found[],
  others: Others,
): { readonly targets: readonly Target[]; readonly refused: readonly RefusedDirectory[] } {
  const expanded = found.flatMap(({ rule, directory }) => {
    const one = expand(rule, directory, others);
    return one === null ? [] : [{ rule, directory, one }];
  });
  const targets = expanded.flatMap(({ rule, one }) => (one.kind === 'target' ? [{ rule, target: one.target }] : []));
  const refused = expanded.flatMap(({ one }) => (one.kind === 'refused' ? [one.refused] : []));
  const byName = Map.groupBy(targets, ({ target }) => target.name);
  const twins = targets.flatMap(({ rule, target: { name, from } }) => {
    const twin = byName.get(name)?.find(({ target }) => target.from !== from)?.target.from;
    if (from === null || !twin) return [];
    const problems = [nameTaken(name, { rule, directory: from.directory }, twin.directory)];
    return [{ name, rule, directory: from.directory, problems }];
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
