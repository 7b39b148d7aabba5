import { checkName, checkSettings, resolveSettings } from './check-settings.ts';
import type { TargetEntry } from './check-settings.ts';
import { checkUnique } from './check-target.ts';
import type { ClusterConfig, TargetTemplate } from './config.ts';
import { checkPlaceholders, warnAmbiguousName } from './check-placeholders.ts';
import { directoryGlobError } from '../written/directory-glob.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import { normalizeDirectory } from '../written/path.ts';
import * as shape from '../written/shape.ts';
import { hasPlaceholder, normalizePlaceholders } from '../written/placeholders.ts';

/** A target of headgate.yml that has `forEach`. */
export function checkTargetTemplate(
  value: Readonly<Record<string, unknown>>,
  entry: TargetEntry,
): TargetTemplate | null {
  const { path, location, findings } = entry;
  const written = findings.parse(shape.template, value, path);
  const { name } = value;
  checkUnique(typeof name === 'string' ? normalizePlaceholders(name) : name, entry);
  const { repository, decryption, windows } = checkSettings(value, entry);
  const forEach = checkForEach(value['forEach'], entry);
  checkPlaceholders(value, forEach?.directories ?? null, entry);
  if (forEach !== null) checkListed(value, forEach, entry);
  if (written === null || forEach === null || repository === null) return null;
  if (written.role !== undefined && forEach.clusters.every(({ kind }) => kind !== 'eks')) {
    const remedy = 'Remove it: no cluster of the template is on EKS.';
    findings.warn([...path, 'role'], { message: 'has no effect', remedy });
  }
  const template = {
    name: normalizePlaceholders(written.name),
    position: `${location.shownAs}:${findings.lineOf(path)}`,
    forEach,
    fields: {
      path: written.path === undefined ? null : normalizeDirectory(normalizePlaceholders(written.path)),
      cluster: normalizePlaceholders(written.cluster),
      namespace: normalizePlaceholders(written.namespace),
    },
    namespaces: written.namespaces ?? null,
    settings: resolveSettings(written, { repository, decryption, windows }),
  };
  warnAmbiguousName(template, entry);
  return template;
}

function checkForEach(value: unknown, { path: above, names, findings }: TargetEntry): TargetTemplate['forEach'] | null {
  const path = [...above, 'forEach'];
  const written = findings.parse(shape.forEach, value, path);
  if (!isRecord(value)) return null;
  const { directories, clusters } = value;
  const error = typeof directories === 'string' ? directoryGlobError(directories) : null;
  if (error !== null) findings.error([...path, 'directories'], error);
  for (const [index, name] of (Array.isArray(clusters) ? clusters : []).entries()) {
    checkName(name, [...path, 'clusters', index], { what: 'cluster', known: names.clusters, findings });
  }
  if (written === null || error !== null) return null;
  const found = written.clusters.map((name) => names.clusters.get(name) ?? null);
  const known = found.filter((cluster) => cluster !== null);
  return known.length < found.length ? null : { ...written, clusters: known };
}

/** A cluster or namespace without placeholders can be checked against the lists right away. */
function checkListed(
  { cluster, namespace, namespaces }: Readonly<Record<string, unknown>>,
  { clusters, namespaces: allowed }: Pick<TargetTemplate['forEach'], 'clusters' | 'namespaces'>,
  { path, findings }: TargetEntry,
): void {
  const check = (text: unknown, at: Path, list: { readonly name: string; readonly of: readonly string[] }) => {
    if (typeof text !== 'string' || hasPlaceholder(text) || list.of.includes(text)) return;
    const remedy = `Add it to the list, or use one of ${list.of.join(', ')}.`;
    findings.error(at, { message: `is not listed in forEach.${list.name}`, remedy });
  };
  check(cluster, [...path, 'cluster'], { name: 'clusters', of: namesOf(clusters) });
  check(namespace, [...path, 'namespace'], { name: 'namespaces', of: allowed });
  for (const [index, each] of (Array.isArray(namespaces) ? namespaces : []).entries()) {
    check(each, [...path, 'namespaces', index], { name: 'namespaces', of: allowed });
  }
}

function namesOf(clusters: readonly ClusterConfig[]): readonly string[] {
  return clusters.map(({ name }) => name);
}
