import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { definition } from './definitions.ts';

/** The files of one installation, shaped like what a well-known project ships. Its name is also its namespace. */
export interface Installation {
  readonly name: string;
  /** More fields of the target, as headgate.yml has them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
  /** How many objects they define. */
  readonly objects: number;
  /** Of these, kinds that an uninstall keeps. */
  readonly kept: number;
  /** Of these, objects that delete themselves. */
  readonly passing: number;
  /**
   * The URLs of objects that the server stores again, once, when the same manifest is applied for the second time: it
   * compares before it sets defaults inside of an atomic list, and then lists the field managers in another order.
   */
  readonly reordered: readonly string[];
}

const NONE = { settings: {}, kept: 0, passing: 0, reordered: [] };
const SYSTEM = { namespaces: ['NAME', 'kube-system'] };

const own = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8');
const groupOf = (name: string) => `${name}.installations.example.com`;
const documents = (...parts: readonly string[]) => parts.join('---\n');
const asOnWindows = (text: string) => text.replaceAll('\n', '\r\n');

/** A custom resource or another small object, as the text of a file. */
function object(apiVersion: string, kind: string, name: string, rest: object): string {
  return stringify({ apiVersion, kind, metadata: { name, labels: { 'app.kubernetes.io/name': name } }, ...rest });
}

export async function installations(): Promise<readonly Installation[]> {
  return [
    await certificates(),
    { ...NONE, name: 'ingress', files: { 'deploy.yaml': await own('ingress.yaml') }, objects: 10, passing: 1 },
    monitoring(),
    await delivery(),
    await mesh(),
    { ...NONE, name: 'metrics', settings: SYSTEM, files: { 'components.yaml': await own('metrics.yaml') }, objects: 7 },
    await network(),
    await gateway(),
    pipelines(),
    await storage(),
  ];
}

async function certificates(): Promise<Installation> {
  const group = groupOf('certificates');
  const kinds = [
    definition({ group, kind: 'Issuer', plural: 'issuers', fields: 10, options: 10 }),
    definition({ group, kind: 'Request', plural: 'requests', versions: ['v1alpha2', 'v1beta1', 'v1'] }),
    definition({ group, kind: 'Challenge', plural: 'challenges' }),
  ];
  const issuers = object(`${group}/v1`, 'Issuer', 'self-signed', { spec: { field1: {} } });
  return {
    ...NONE,
    name: 'certificates',
    settings: SYSTEM,
    // One file, as it is downloaded: the definitions are in the middle of it.
    files: { 'bundle.yaml': documents(await own('certificates.yaml'), '# Definitions\n', ...kinds, issuers) },
    objects: 15,
    kept: 4,
  };
}

/** The largest: 130 objects, one definition of 250 KB, and the objects of the kinds that it defines. */
function monitoring(): Installation {
  const group = groupOf('monitoring');
  const kinds = ['Server', 'Agent', 'Alert', 'Probe', 'Pod', 'Rule', 'Ruler', 'Scrape', 'Receiver', 'Silence'];
  const definitions = kinds.map((kind, index): [string, string] => {
    const size = index === 0 ? { fields: 20, options: 24 } : { fields: 6, options: 6 };
    const plural = `${kind.toLowerCase()}monitors`;
    return [`setup/${plural}.yaml`, definition({ group, kind: `${kind}Monitor`, plural, ...size })];
  });
  const many = (count: number, file: (index: number) => [string, string]) =>
    Array.from({ length: count }, (_, index) => file(index));
  const rules = many(70, (index) => [
    `rules/${index}.yaml`,
    object(`${group}/v1`, 'RuleMonitor', `rule-${index}`, {
      spec: { field0: `up == ${index}`, field1: { option0: '5m' } },
    }),
  ]);
  const scrapes = many(20, (index) => [
    `scrape/${index}.json`,
    JSON.stringify({
      apiVersion: `${group}/v1`,
      kind: 'ScrapeMonitor',
      metadata: { name: `scrape-${index}` },
      spec: { field0: `target-${index}`, field1: {} },
    }),
  ]);
  const dashboards = many(28, (index) => [
    `dashboards/${index}.yaml`,
    object('v1', 'ConfigMap', `dashboard-${index}`, {
      data: { [`${index}.json`]: JSON.stringify({ panels: [], id: null }) },
    }),
  ]);
  const server = object(`${group}/v1`, 'ServerMonitor', 'main', {
    spec: { field0: 'main', field19: { option23: 'last' } },
  });
  const priority = object('scheduling.k8s.io/v1', 'PriorityClass', 'installations-monitoring', { value: 1e6 });
  return {
    ...NONE,
    name: 'monitoring',
    files: {
      ...Object.fromEntries([...definitions, ...rules, ...scrapes, ...dashboards]),
      'main.yaml': documents('# Only a comment\n', server, '', priority, '\n'),
    },
    objects: 130,
    kept: 10,
  };
}

async function delivery(): Promise<Installation> {
  const group = groupOf('delivery');
  const project = definition({
    group,
    kind: 'Project',
    plural: 'projects',
    versions: ['v1alpha1'],
    fields: 12,
    options: 12,
  });
  return {
    ...NONE,
    name: 'delivery',
    files: {
      'crds/project.yaml': project,
      'install.yaml': asOnWindows(await own('delivery.yaml')),
      'projects.json': await own('delivery-projects.json'),
    },
    objects: 10,
    kept: 1,
  };
}

async function mesh(): Promise<Installation> {
  const group = groupOf('mesh');
  const filter = definition({ group, kind: 'Filter', plural: 'filters', versions: ['v1alpha3'], isOpen: true });
  const route = definition({
    group,
    kind: 'Route',
    plural: 'routes',
    versions: ['v1alpha3', 'v1beta1', 'v1'],
    isOpen: true,
  });
  return {
    ...NONE,
    name: 'mesh',
    files: { 'crd-all.gen.yaml': documents(filter, route), 'mesh.yaml': await own('mesh.yaml') },
    objects: 8,
    kept: 2,
    reordered: ['/validatingadmissionpolicies/mesh-revision-tag'],
  };
}

async function network(): Promise<Installation> {
  const group = groupOf('network');
  const pools = definition({ group, kind: 'Pool', plural: 'pools', scope: 'Cluster' });
  const policies = definition({ group, kind: 'Policy', plural: 'policies', isOpen: true });
  return {
    ...NONE,
    name: 'network',
    files: { 'network.yaml': documents(await own('network.yaml'), asOnWindows(pools), policies) },
    objects: 8,
    kept: 2,
  };
}

async function gateway(): Promise<Installation> {
  const group = groupOf('gateway');
  return {
    ...NONE,
    name: 'gateway',
    files: {
      'standard/classes.yaml': definition({ group, kind: 'GatewayClass', plural: 'gatewayclasses', scope: 'Cluster' }),
      'standard/gateways.yaml': definition({ group, kind: 'Gateway', plural: 'gateways', versions: ['v1beta1', 'v1'] }),
      'standard/routes.yaml': definition({
        group,
        kind: 'Route',
        plural: 'routes',
        versions: ['v1beta1', 'v1'],
        fields: 20,
      }),
      'gateway.yaml': await own('gateway.yaml'),
    },
    objects: 8,
    kept: 3,
    reordered: ['/validatingadmissionpolicies/installations-safe-upgrades'],
  };
}

/** Many kinds without a schema, and configuration that documents itself. */
function pipelines(): Installation {
  const group = groupOf('pipelines');
  const kinds = ['Pipeline', 'Task', 'Resolver', 'Customrun', 'Step', 'Policy'];
  const definitions = kinds.map((kind) =>
    definition({ group, kind, plural: `${kind.toLowerCase()}s`, versions: ['v1beta1', 'v1'], isOpen: true }),
  );
  const configs = ['defaults', 'logging', 'observability', 'events'].map((name) =>
    object('v1', 'ConfigMap', `config-${name}`, { data: { _example: `# ---\n# ${name}:\n#   on: yes\n---\n` } }),
  );
  const task = object(`${group}/v1`, 'Task', 'clone', {
    spec: { params: [{ name: 'url', default: '' }], steps: [{ script: '#!/bin/sh\nset -e\n', computeResources: {} }] },
  });
  const quantity = object(`${group}/v1beta1`, 'Pipeline', 'build', {
    spec: { timeout: '1h0m0s', size: 1e3, cpu: 0.5 },
  });
  return {
    ...NONE,
    name: 'pipelines',
    files: { 'release.yaml': `---\n${documents(...definitions, ...configs, task, quantity)}...\n` },
    objects: 12,
    kept: 6,
  };
}

async function storage(): Promise<Installation> {
  const group = groupOf('storage');
  const classes = definition({ group, kind: 'SnapshotClass', plural: 'snapshotclasses', scope: 'Cluster' });
  const settings = definition({ group, kind: 'Setting', plural: 'settings' });
  return {
    ...NONE,
    name: 'storage',
    files: { 'storage.yaml': documents(asOnWindows(await own('storage.yaml')), classes, settings) },
    objects: 11,
    kept: 3,
  };
}
