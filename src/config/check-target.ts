import type * as z from 'zod';
import type { Places } from './check-cluster.ts';
import { checkReference } from './check-repository.ts';
import type { ClusterConfig, HelmSettings, IgnoreRule, Repository, Target } from './config.ts';
import { isRecord } from './document.ts';
import type { Path } from './document.ts';
import type { Findings } from './findings.ts';
import { nearest } from './nearest.ts';
import * as shape from './shape.ts';

/** The entries that a target may name: also the ones with mistakes, which are null. */
export interface Names {
  readonly clusters: ReadonlyMap<string, ClusterConfig | null>;
  readonly repositories: ReadonlyMap<string, Repository | null>;
  /** Every name in the file, with the index of the first target that has it. */
  readonly targets: ReadonlyMap<string, number>;
}

type Written = z.output<typeof shape.target>;

export function checkTarget(
  value: unknown,
  index: number,
  { names, places, findings }: { names: Names; places: Places; findings: Findings },
): Target | null {
  const path: Path = ['targets', index];
  const written = findings.parse(shape.target, value, path);
  if (!isRecord(value)) return null;
  checkUnique(value['name'], { path, index, names, findings });
  checkName(value['repository'], [...path, 'repository'], { what: 'repository', known: names.repositories, findings });
  checkName(value['cluster'], [...path, 'cluster'], { what: 'cluster', known: names.clusters, findings });
  checkDependencies(value, path, { names, findings });
  const decryption = checkDecryption(value['decryption'], path, { places, findings });
  if (written === null) return null;
  const repository = names.repositories.get(written.repository);
  const cluster = names.clusters.get(written.cluster);
  if (!repository || !cluster) return null;
  if (written.role !== undefined && cluster.kind !== 'eks') {
    const remedy = `Remove it, or name a cluster on EKS: ${cluster.name} has a kubeconfig.`;
    findings.warn([...path, 'role'], { message: 'has no effect', remedy });
  }
  return { ...settle(written, repository, cluster), decryption };
}

function checkDecryption(
  written: unknown,
  path: Path,
  within: { readonly places: Places; readonly findings: Findings },
): Target['decryption'] {
  if (!isRecord(written)) return null;
  const age =
    written['age'] === undefined ? null : checkReference(written['age'], [...path, 'decryption', 'age'], within);
  return { age, kms: written['kms'] === true };
}

function checkUnique(
  name: unknown,
  { path, index, names, findings }: { path: Path; index: number; names: Names; findings: Findings },
): void {
  if (typeof name !== 'string' || names.targets.get(name) === index) return;
  findings.mistake([...path, 'name'], {
    message: 'is taken by another target',
    remedy: 'Give each target a name of its own.',
  });
}

function checkName(
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
  path: Path,
  { names, findings }: { names: Names; findings: Findings },
): void {
  const list = raw['dependsOn'];
  if (!Array.isArray(list)) return;
  for (const [index, name] of list.entries()) {
    const at = [...path, 'dependsOn', index];
    if (name === raw['name']) findings.mistake(at, { message: 'is the target itself', remedy: 'Remove it.' });
    else checkName(name, at, { what: 'target', known: names.targets, findings });
  }
}

export function settle(written: Written, repository: Repository, cluster: ClusterConfig): Target {
  const { prune } = written;
  return {
    name: written.name,
    repository,
    branch: written.branch,
    ref: `refs/heads/${written.branch}`,
    path: written.path,
    inputs: written.inputs,
    cluster,
    role: written.role ?? null,
    namespace: written.namespace,
    namespaces: settleNamespaces(written),
    clusterScoped: written.clusterScoped,
    createNamespace: written.createNamespace,
    adopt: written.adopt,
    serviceAccount: written.serviceAccount ?? null,
    prune: { enabled: prune.enabled, limit: prune.limit, kinds: prune.kinds, empty: prune.empty },
    waitMs: written.wait,
    conflicts: written.conflicts,
    ignore: written.ignore.map(settleIgnore),
    exclude: written.exclude,
    kustomize: { remoteBases: written.kustomize.remoteBases, loadRestrictor: written.kustomize.loadRestrictor },
    helm: written.helm === undefined ? null : settleHelm(written.helm),
    decryption: null,
    variables: written.substitute?.variables ?? null,
    drift: written.drift,
    dependsOn: written.dependsOn,
    suspend: written.suspend,
  };
}

function settleNamespaces({ namespace, namespaces = [namespace] }: Written): readonly string[] | '*' {
  return namespaces.includes('*') ? '*' : namespaces;
}

function settleHelm(helm: NonNullable<Written['helm']>): HelmSettings {
  const { chart = null, version = null, repository = null, oci = null, releaseName = null, values, set } = helm;
  return { chart, version, repository, oci, releaseName, values, set };
}

function settleIgnore(rule: Written['ignore'][number]): IgnoreRule {
  const { group = null, kind = null, namespace = null, name = null, paths } = rule;
  return { group, kind, namespace, name, paths };
}
