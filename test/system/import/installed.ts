import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { headgate } from '../../cli/headgate.ts';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { getTools } from '../../rig/programs/tools.ts';
import type { Testbed } from '../../rig/testbed/testbed.ts';

interface Written {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface Marks {
  readonly manager: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: (object: Written) => Readonly<Record<string, string>>;
}

type Kinds = readonly (readonly [kind: string, group: string, version: string])[];

/** The kinds of another tool, with any fields. */
export async function defineKinds(testbed: Testbed, kinds: Kinds): Promise<void> {
  const definitions = kinds.map(([kind, group, name]) => {
    const plural = `${kind.toLowerCase().replace(/y$/, 'ie')}s`;
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: { kind, plural },
        scope: 'Namespaced',
        versions: [{ name, served: true, storage: true, schema }],
      },
    };
  });
  await testbed.applyByHand(definitions.map((each) => stringify(each)).join('---\n'));
  const names = definitions.map(({ metadata }) => `crd/${metadata.name}`);
  await testbed.kubectl('wait', '--for=condition=Established', ...names);
}

export async function removeKinds(testbed: Testbed, kinds: Kinds): Promise<void> {
  const names = kinds.map(([kind, group]) => `${kind.toLowerCase().replace(/y$/, 'ie')}s.${group}`);
  await testbed.kubectl('delete', 'crd', '--wait=false', ...names);
}

/** Applies manifests as another tool does: with its field manager and its marks. */
export async function applyAs(testbed: Testbed, text: string, { manager, labels, annotations }: Marks): Promise<void> {
  const objects = parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as Written | null;
    return object === null ? [] : [object];
  });
  const marked = objects.map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, ...labels },
      annotations: { ...object.metadata.annotations, ...annotations?.(object) },
    },
  }));
  const all = marked.map((object) => stringify(object)).join('---\n');
  const command = ['apply', '--server-side', `--field-manager=${manager}`, '-f', '-'];
  const { code, stderr } = await kubectl(testbed.cluster, command, all);
  if (code !== 0) throw new Error(stderr);
}

export async function kustomized(testbed: Testbed, path: string): Promise<string> {
  const { kubectl: command } = await getTools();
  return execFileSync(command, ['kustomize', join(testbed.work, path)], { encoding: 'utf8' });
}

/** Runs headgate beside the clone, with nothing but the kubeconfig. */
export async function beside(testbed: Testbed, ...args: readonly string[]) {
  const directory = join(testbed.directory, 'beside');
  await mkdir(directory, { recursive: true });
  const { PATH = '', HOME = '', HEADGATE_CACHE } = process.env;
  const cache = HEADGATE_CACHE === undefined ? {} : { HEADGATE_CACHE };
  return headgate(args, {
    directory,
    env: { PATH, HOME, KUBECONFIG: testbed.kubeconfig, ...cache },
    timeoutMs: 60_000,
  });
}

interface ImportReport {
  readonly file: string | null;
  readonly targets: readonly { readonly name: string; readonly suspended: boolean; readonly incomplete: boolean }[];
  readonly remarks: readonly { readonly kind: string; readonly object: string; readonly field: string }[];
}

export async function importWith(testbed: Testbed, out: string, ...args: readonly string[]): Promise<ImportReport> {
  const { code, stdout, stderr } = await beside(testbed, 'import', ...args, '--out', out, '--output', 'json');
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  return JSON.parse(stdout) as ImportReport;
}

/** How many changes of each operation the plan has; refusals fail the test. */
export async function operationsOf(testbed: Testbed, config: string, target: string) {
  const { stdout, stderr } = await beside(testbed, 'plan', target, '--config', config, '--output', 'json');
  const { changes, refusals } = JSON.parse(stdout || '{"changes":[],"refusals":["no answer"]}') as {
    changes: readonly { readonly op: string }[];
    refusals: readonly unknown[];
  };
  if (refusals.length > 0) throw new Error(`${target}: ${JSON.stringify(refusals, null, 1)}${stderr}`);
  const counts: Record<string, number> = {};
  for (const { op } of changes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

export async function writeChart(directory: string, name: string): Promise<string> {
  const folder = join(directory, name);
  await mkdir(join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`);
  await writeFile(join(folder, 'values.yaml'), 'color: blue\nreplicas: 1\n');
  const data = '{ color: {{ .Values.color }}, replicas: {{ .Values.replicas | quote }} }';
  const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}", labels: { app.kubernetes.io/managed-by: "{{ .Release.Service }}" } }\ndata: ${data}\n`;
  await writeFile(join(folder, 'templates', 'map.yaml'), map);
  return folder;
}
