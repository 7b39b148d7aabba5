import { configMap } from '../e2e/house.ts';

/** What the repository holds after each push: file → objects. */
export type Scenario = readonly Readonly<Record<string, string>>[];

/** Planted: it may stand in the cluster's Secret and nowhere else. */
export const PIN = 'planted-pin-9876543210';

const secret = (pin: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData: { pin: "${PIN}-${pin}" }\n`;
const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: runner\n';
const service = (port: number) =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: { app: web }\n  ports: [{ port: ${port} }]\n`;
const maps = (names: readonly string[], v: string) => names.map((name) => configMap(name, { v })).join('---\n');

/** Creates, updates, moves between files and deletes, with the inventory on the parent. */
export const SMALL: Scenario = [
  {
    'apps/a.yaml': maps(['a'], '1'),
    'apps/b.yaml': `${maps(['b'], '1')}---\n${secret('1')}`,
    'apps/c.yaml': `${service(80)}---\n${account}`,
  },
  {
    'apps/a.yaml': maps(['a', 'new'], '2'),
    'apps/moved.yaml': `${maps(['b'], '1')}---\n${secret('2')}`,
    'apps/c.yaml': service(81),
  },
];

/** Grows into shards, works in them, and shrinks back onto the parent. */
export const SHARDED: Scenario = [
  { 'apps/a.yaml': maps(['a1', 'a2'], '1'), 'apps/b.yaml': maps(['b1', 'b2'], '1') },
  {
    'apps/a.yaml': maps(['a1'], '2'),
    'apps/b.yaml': maps(['b1', 'b2'], '1'),
    'apps/c.yaml': maps(['a2', 'c1', 'c2', 'c3'], '2'),
  },
  {
    'apps/a.yaml': maps(['a1', 'c3'], '2'),
    'apps/b.yaml': maps(['b1'], '3'),
    'apps/c.yaml': maps(['a2', 'c1', 'c2', 'c4'], '2'),
  },
  { 'apps/a.yaml': maps(['a1'], '2'), 'apps/c.yaml': maps(['c1', 'c2'], '4') },
];
