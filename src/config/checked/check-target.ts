import type * as z from 'zod';
import { checkName, checkSettings, resolveSettings } from './check-settings.ts';
import type { TargetEntry } from './check-settings.ts';
import type { ClusterConfig, Target, TargetSettings } from './config.ts';
import { isRecord } from '../written/document.ts';
import * as shape from '../written/shape.ts';
import { hasPlaceholder } from '../written/placeholders.ts';

type Written = z.output<typeof shape.target>;

export function checkTarget(value: unknown, entry: TargetEntry): Target | null {
  const { path, names, findings } = entry;
  const standIns = refusePlaceholders(value, entry);
  const written = findings.parse(shape.target, isRecord(value) ? { ...value, ...standIns } : value, path);
  if (!isRecord(value)) return null;
  checkUnique(value['name'], entry);
  const { repository, decryption, windows } = checkSettings(value, entry);
  if (!Object.hasOwn(standIns, 'cluster'))
    checkName(value['cluster'], [...path, 'cluster'], { what: 'cluster', known: names.clusters, findings });
  if (written === null || Object.keys(standIns).length > 0) return null;
  const cluster = names.clusters.get(written.cluster);
  if (!repository || !cluster) return null;
  if (written.role !== undefined && cluster.kind !== 'eks') {
    const remedy = `Remove it, or use a cluster on EKS: ${cluster.name} has a kubeconfig.`;
    findings.warn([...path, 'role'], { message: 'has no effect', remedy });
  }
  return resolveTarget(written, cluster, resolveSettings(written, { repository, decryption, windows }));
}

export function resolveTarget(written: Written, cluster: ClusterConfig, settings: TargetSettings): Target {
  const { name, path, namespace } = written;
  return { ...settings, name, path, cluster, namespace, namespaces: allowedNamespaces(written), generatedFrom: null };
}

function allowedNamespaces({ namespace, namespaces = [namespace] }: Written): readonly string[] | '*' {
  return namespaces.includes('*') ? '*' : namespaces;
}

/** Reports placeholders in a target without forEach, and returns valid stand-ins so that the other fields are still checked. */
function refusePlaceholders(value: unknown, { path, findings }: TargetEntry): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  const keys = ['name', 'path', 'namespace', 'cluster'].filter((key) => {
    const text = value[key];
    return typeof text === 'string' && hasPlaceholder(text);
  });
  for (const key of keys) {
    const remedy = 'Add forEach: { directories: "clusters/*/apps/*", clusters: [lab], namespaces: [shop] }.';
    findings.error([...path, key], { message: 'has a placeholder, but the target has no forEach', remedy });
  }
  return Object.fromEntries(keys.map((key) => [key, 'placeholder']));
}

export function checkUnique(name: unknown, { path, index, names, findings }: TargetEntry): void {
  if (typeof name !== 'string' || (names.targets.get(name) ?? names.templates.get(name)) === index) return;
  findings.error([...path, 'name'], {
    message: 'is already used by another target',
    remedy: 'Give each target a unique name.',
  });
}
