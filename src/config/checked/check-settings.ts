import type * as z from 'zod';
import type { Places } from './check-cluster.ts';
import { checkReference } from './check-repository.ts';
import { compileGlob } from './compile-glob.ts';
import type { ClusterConfig, HelmSettings, IgnoreRule, Repository, TargetSettings } from './config.ts';
import { matchName } from '../written/directory-glob.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { nearest } from '../written/nearest.ts';
import * as shape from '../written/shape.ts';
import { withoutTemplates } from '../written/placeholders.ts';

/** The entries that a target may name: also the ones with mistakes, which are null. */
export interface Names {
  readonly clusters: ReadonlyMap<string, ClusterConfig | null>;
  readonly repositories: ReadonlyMap<string, Repository | null>;
  /** Every name in the file, with the index of the first target that has it. */
  readonly targets: ReadonlyMap<string, number>;
  readonly templates: ReadonlyMap<string, number>;
}

/** One entry of `targets`, and what is known besides it. */
export interface Entry {
  readonly path: Path;
  readonly index: number;
  readonly names: Names;
  readonly places: Places;
  readonly findings: Findings;
}

type Written = z.output<typeof shape.target> | z.output<typeof shape.template>;

/** What a target and a template have alike, as far as it is not its shape. Every mistake is noted, whatever else is wrong. */
export function checkSettings(
  raw: Readonly<Record<string, unknown>>,
  entry: Entry,
): Pick<TargetSettings, 'decryption'> & { readonly repository: Repository | null } {
  const { path, names, findings } = entry;
  checkName(raw['repository'], [...path, 'repository'], { what: 'repository', known: names.repositories, findings });
  checkDependencies(raw, entry);
  const repository = raw['repository'];
  return {
    repository: typeof repository === 'string' ? (names.repositories.get(repository) ?? null) : null,
    decryption: checkDecryption(raw['decryption'], entry),
  };
}

export function checkName(
  name: unknown,
  path: Path,
  { what, known, findings }: { what: string; known: ReadonlyMap<string, unknown>; findings: Findings },
): void {
  if (typeof name !== 'string' || known.has(name)) return;
  const meant = nearest(name, known.keys());
  const remedy =
    meant !== null
      ? `Did you mean ${meant}?`
      : known.size === 0
        ? 'The file has none: add it first.'
        : `Known here: ${[...known.keys()].join(', ')}.`;
  // Anything else than a name is not repeated: an address with a password may stand here by mistake.
  const quoted = shape.NAME.test(name) ? `${name}, and there is no such ${what}` : `no name of a ${what}`;
  findings.mistake(path, { message: `is ${quoted}`, remedy });
}

function checkDependencies(
  raw: Readonly<Record<string, unknown>>,
  { path, names: { targets, templates }, findings }: Entry,
): void {
  const list = raw['dependsOn'];
  if (!Array.isArray(list)) return;
  for (const [index, name] of list.entries()) {
    const at = [...path, 'dependsOn', index];
    if (name === raw['name']) findings.mistake(at, { message: 'is the target itself', remedy: 'Remove it.' });
    else if (isGeneratedName(name, { targets, templates })) {
      const remedy = `Name a target that stands in the file itself: ${[...targets.keys()].join(', ') || 'there is none'}.`;
      findings.mistake(at, { message: 'is a target that a template generates, and nobody can wait for these', remedy });
    } else checkName(name, at, { what: 'target', known: targets, findings });
  }
}

/** A name that is near one in the file is rather a slip than the name of what a template generates. */
function isGeneratedName(name: unknown, { targets, templates }: Pick<Names, 'targets' | 'templates'>): boolean {
  if (typeof name !== 'string' || targets.has(name)) return false;
  if (templates.has(name)) return true;
  if (nearest(name, targets.keys()) !== null) return false;
  return [...templates.keys()].some((template) => matchName(withoutTemplates(template, '*'), name) !== null);
}

function checkDecryption(written: unknown, { path, places, findings }: Entry): TargetSettings['decryption'] {
  if (!isRecord(written)) return null;
  const within = { places, findings };
  const age =
    written['age'] === undefined ? null : checkReference(written['age'], [...path, 'decryption', 'age'], within);
  return { age, kms: written['kms'] === true };
}

export function settle(
  written: Written,
  { repository, decryption }: Pick<TargetSettings, 'repository' | 'decryption'>,
): TargetSettings {
  const { prune } = written;
  return {
    repository,
    branch: written.branch,
    ref: `refs/heads/${written.branch}`,
    inputs: written.inputs,
    role: written.role ?? null,
    clusterScoped: written.clusterScoped,
    createNamespace: written.createNamespace,
    adopt: written.adopt,
    serviceAccount: written.serviceAccount ?? null,
    prune: { enabled: prune.enabled, limit: prune.limit, kinds: prune.kinds, empty: prune.empty },
    waitMs: written.wait,
    conflicts: written.conflicts,
    ignore: written.ignore.map(settleIgnore),
    exclude: written.exclude.map(compileGlob),
    kustomize: { remoteBases: written.kustomize.remoteBases, loadRestrictor: written.kustomize.loadRestrictor },
    helm: written.helm === undefined ? null : settleHelm(written.helm),
    decryption,
    variables: written.substitute?.variables ?? null,
    drift: written.drift,
    dependsOn: written.dependsOn,
    suspend: written.suspend,
  };
}

function settleHelm(helm: NonNullable<Written['helm']>): HelmSettings {
  const { chart = null, version = null, repository = null, oci = null, releaseName = null, values, set } = helm;
  return { chart, version, repository, oci, releaseName, values, set };
}

function settleIgnore(rule: Written['ignore'][number]): IgnoreRule {
  const { group = null, kind = null, namespace = null, name = null, paths } = rule;
  return { group, kind, namespace, name, paths };
}
