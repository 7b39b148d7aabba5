import type * as z from 'zod';
import type { ConfigLocation } from '../written/location.ts';
import { ADD_KEY } from './check-pull-requests.ts';
import { checkReference } from './check-repository.ts';
import { compileGlob } from './compile-glob.ts';
import type { ChannelConfig } from './channel.ts';
import type { ClusterConfig, HelmSettings, IgnoreRule, Repository, TargetSettings } from './config.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { nearest } from '../written/nearest.ts';
import * as shape from '../written/shape.ts';
import { windows as windowShape } from '../windows/window-shape.ts';
import { mayResolveTo } from '../written/placeholders.ts';

/** The entries that a target may refer to; an entry with errors is null. */
export interface Names {
  readonly clusters: ReadonlyMap<string, ClusterConfig | null>;
  readonly repositories: ReadonlyMap<string, Repository | null>;
  /** Every name in the file, with the index of the first target that uses it. */
  readonly targets: ReadonlyMap<string, number>;
  readonly templates: ReadonlyMap<string, number>;
  readonly channels: ReadonlyMap<string, ChannelConfig | null>;
}

/** One entry of `targets` and its context. */
export interface TargetEntry {
  readonly path: Path;
  readonly index: number;
  readonly names: Names;
  /** The file has `key`. */
  readonly hasKey: boolean;
  readonly location: ConfigLocation;
  readonly findings: Findings;
}

type Written = z.output<typeof shape.target> | z.output<typeof shape.template>;

/** Checks what targets and templates share beyond their shape. Reports every error, even if the shape is invalid. */
export function checkSettings(
  raw: Readonly<Record<string, unknown>>,
  entry: TargetEntry,
): Pick<TargetSettings, 'decryption' | 'windows'> & { readonly repository: Repository | null } {
  const { path, names, findings } = entry;
  checkName(raw['repository'], [...path, 'repository'], { what: 'repository', known: names.repositories, findings });
  checkDependencies(raw, entry);
  if (raw['approval'] === 'plan' && !entry.hasKey) {
    findings.error([...path, 'approval'], { message: 'requires key, which signs approvals', remedy: ADD_KEY });
  }
  checkNotify(raw['notify'], [...path, 'notify'], { names, findings });
  const repository = raw['repository'];
  return {
    repository: typeof repository === 'string' ? (names.repositories.get(repository) ?? null) : null,
    decryption: checkDecryption(raw['decryption'], entry),
    windows: checkWindows(raw['windows'], entry),
  };
}

export function checkName(
  name: unknown,
  path: Path,
  { what, known, findings }: { what: string; known: ReadonlyMap<string, unknown>; findings: Findings },
): void {
  if (typeof name !== 'string' || known.has(name)) return;
  const suggestion = nearest(name, known.keys());
  const remedy =
    suggestion !== null
      ? `Did you mean ${suggestion}?`
      : known.size === 0
        ? `Add a ${what} first: the file has none.`
        : `Use one of ${[...known.keys()].join(', ')}.`;
  // Only a valid name is quoted: this may be a misplaced address with a password.
  const message = shape.NAME.test(name) ? `refers to unknown ${what} ${name}` : `is not a valid ${what} name`;
  findings.error(path, { message, remedy });
}

export function checkNotify(
  list: unknown,
  path: Path,
  { names: { channels }, findings }: { readonly names: Pick<Names, 'channels'>; readonly findings: Findings },
): void {
  for (const [index, name] of (Array.isArray(list) ? list : []).entries())
    checkName(name, [...path, index], { what: 'channel', known: channels, findings });
}

function checkDependencies(
  raw: Readonly<Record<string, unknown>>,
  { path, names: { targets, templates }, findings }: TargetEntry,
): void {
  const list = raw['dependsOn'];
  if (!Array.isArray(list)) return;
  for (const [index, name] of list.entries()) {
    const at = [...path, 'dependsOn', index];
    if (name === raw['name']) findings.error(at, { message: 'is the target itself', remedy: 'Remove it.' });
    else if (isGeneratedName(name, { targets, templates })) {
      const written = [...targets.keys()].join(', ');
      const remedy =
        written === ''
          ? 'Remove it: the file has no target without forEach.'
          : `Use a target without forEach: ${written}.`;
      findings.error(at, { message: 'is a generated target, which other targets cannot depend on', remedy });
    } else checkName(name, at, { what: 'target', known: targets, findings });
  }
}

/** A name close to one in the file is more likely a typo than the name of a generated target. */
function isGeneratedName(name: unknown, { targets, templates }: Pick<Names, 'targets' | 'templates'>): boolean {
  if (typeof name !== 'string' || targets.has(name)) return false;
  if (templates.has(name)) return true;
  if (nearest(name, targets.keys()) !== null) return false;
  return [...templates.keys()].some((template) => mayResolveTo(template, name));
}

function checkDecryption(written: unknown, { path, location, findings }: TargetEntry): TargetSettings['decryption'] {
  if (!isRecord(written)) return null;
  const within = { location, findings };
  const age =
    written['age'] === undefined ? null : checkReference(written['age'], [...path, 'decryption', 'age'], within);
  return { age, kms: written['kms'] === true };
}

function checkWindows(written: unknown, { path, findings }: TargetEntry): TargetSettings['windows'] {
  return written === undefined ? [] : (findings.parse(windowShape, written, [...path, 'windows']) ?? []);
}

export function resolveSettings(
  written: Written,
  { repository, decryption, windows }: Pick<TargetSettings, 'repository' | 'decryption' | 'windows'>,
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
    ignore: written.ignore.map(ignoreRule),
    exclude: written.exclude.map(compileGlob),
    kustomize: { remoteBases: written.kustomize.remoteBases, loadRestrictor: written.kustomize.loadRestrictor },
    helm: written.helm === undefined ? null : helmSettings(written.helm),
    decryption,
    variables: written.substitute?.variables ?? null,
    drift: written.drift,
    dependsOn: written.dependsOn,
    suspend: written.suspend,
    onFailure: written.onFailure,
    approval: written.approval,
    notify: [...new Set([...written.notify, ...repository.notify])],
    windows,
  };
}

function helmSettings(helm: NonNullable<Written['helm']>): HelmSettings {
  const {
    chart = null,
    version = null,
    repository = null,
    oci = null,
    releaseName = null,
    values,
    set,
    dependencies,
  } = helm;
  return { chart, version, repository, oci, releaseName, values, set, dependencies };
}

function ignoreRule(rule: Written['ignore'][number]): IgnoreRule {
  const { group = null, kind = null, namespace = null, name = null, paths } = rule;
  return { group, kind, namespace, name, paths };
}
