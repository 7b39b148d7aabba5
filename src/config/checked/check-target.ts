import type * as z from 'zod';
import { checkName, checkSettings, settle } from './check-settings.ts';
import type { Entry } from './check-settings.ts';
import type { ClusterConfig, Target, TargetSettings } from './config.ts';
import { isRecord } from '../written/document.ts';
import * as shape from '../written/shape.ts';
import { hasTemplate } from '../written/placeholders.ts';

type Written = z.output<typeof shape.target>;

export function checkTarget(value: unknown, entry: Entry): Target | null {
  const { path, names, findings } = entry;
  const templated = refuseTemplates(value, entry);
  const written = findings.parse(shape.target, isRecord(value) ? { ...value, ...templated } : value, path);
  if (!isRecord(value)) return null;
  checkUnique(value['name'], entry);
  const { repository, decryption } = checkSettings(value, entry);
  if (!Object.hasOwn(templated, 'cluster'))
    checkName(value['cluster'], [...path, 'cluster'], { what: 'cluster', known: names.clusters, findings });
  if (written === null || Object.keys(templated).length > 0) return null;
  const cluster = names.clusters.get(written.cluster);
  if (!repository || !cluster) return null;
  if (written.role !== undefined && cluster.kind !== 'eks') {
    const remedy = `Remove it, or name a cluster on EKS: ${cluster.name} has a kubeconfig.`;
    findings.warn([...path, 'role'], { message: 'has no effect', remedy });
  }
  return settleTarget(written, cluster, settle(written, { repository, decryption }));
}

export function settleTarget(written: Written, cluster: ClusterConfig, settings: TargetSettings): Target {
  const { name, path, namespace } = written;
  return { ...settings, name, path, cluster, namespace, namespaces: settleNamespaces(written), generatedFrom: null };
}

function settleNamespaces({ namespace, namespaces = [namespace] }: Written): readonly string[] | '*' {
  return namespaces.includes('*') ? '*' : namespaces;
}

/** Where a template stands without a rule it is told as such: anything stands for it while the rest is looked at. */
function refuseTemplates(value: unknown, { path, findings }: Entry): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  const keys = ['name', 'path', 'namespace', 'cluster'].filter((key) => {
    const text = value[key];
    return typeof text === 'string' && hasTemplate(text);
  });
  for (const key of keys) {
    const remedy = 'Add forEach: { directories: "clusters/*/apps/*", clusters: [lab], namespaces: [shop] }.';
    findings.mistake([...path, key], { message: 'has a template, and the target no forEach', remedy });
  }
  return Object.fromEntries(keys.map((key) => [key, 'template']));
}

export function checkUnique(name: unknown, { path, index, names, findings }: Entry): void {
  if (typeof name !== 'string' || (names.targets.get(name) ?? names.templates.get(name)) === index) return;
  findings.mistake([...path, 'name'], {
    message: 'is taken by another target',
    remedy: 'Give each target a name of its own.',
  });
}
