import { configMap } from '../testbed/testbed.ts';

/** file → objects. */
export type Files = Readonly<Record<string, string>>;

export type WindowIs = 'open' | 'closed';

/** A push of these files and no others, or a command. */
export type Step =
  | Files
  | 'uninstall'
  /** `headgate hold --at` the commit of an earlier step. */
  | { readonly holdAt: number }
  /** A push that waits for the end of the hold. */
  | { readonly waits: Files }
  /** The target is at the commit of an earlier push. */
  | { readonly isAt: number }
  | 'rollback'
  | 'release'
  /** The target has a channel and such a window from now on, and its process starts again. */
  | { readonly window: WindowIs }
  /** A push whose run waits for the pods of its first wave. */
  | { readonly pauses: Files }
  /** Lets these pods run. */
  | 'ungate'
  /** The last push is deployed without another delivery. */
  | 'settles'
  /** What `apps` has is promoted to `sites` from now on, and its process starts again. */
  | 'promotes'
  /** A push to `apps` with the status that the promotion requires, which makes `sites` have this. */
  | { readonly moves: Files; readonly to: Files };

export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Requests are counted from this step on. */
  readonly countedFrom: number;
  /** Starts with a process that has made no request yet, and counts only the requests that other scenarios do not have. */
  readonly isFresh: boolean;
  /** Two targets share the namespace and the branch: one of `apps`, one of `sites`. */
  readonly isPair?: true;
  /** How the path of the request ends that `npm test` strikes. Default: one that is counted. */
  readonly sample?: string;
}

/** Besides its own target, each namespace has two that follow one branch, for the scenarios that need them. */
export function pairOf(namespace: string): {
  readonly first: string;
  readonly second: string;
  readonly branch: string;
} {
  return { first: `${namespace}-a`, second: `${namespace}-b`, branch: `${namespace}-pair` };
}

/** A planted secret: only the cluster's Secret may contain it. */
export const PIN = 'planted-pin-9876543210';

const secret = (name: string, pin: string, more = '') =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n${more}stringData: { pin: "${PIN}-${pin}" }\n`;
const REPLACED = '  annotations: { headgate.dev/replace: immutable }\nimmutable: true\n';
const KEPT = '  annotations: { headgate.dev/prune: "false" }\n';
const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: runner\n';
const service = (port: number) =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: { app: web }\n  ports: [{ port: ${port} }]\n`;
const maps = (names: readonly string[], v: string) => names.map((name) => configMap(name, { v })).join('---\n');

/** Creates, updates, moves objects between files, replaces and deletes. */
export const SMALL: Scenario = {
  name: 'an inventory on the parent',
  countedFrom: 0,
  isFresh: false,
  steps: [
    {
      'apps/a.yaml': maps(['a'], '1'),
      'apps/b.yaml': `${maps(['b'], '1')}---\n${secret('keys', '1')}`,
      'apps/c.yaml': `${service(80)}---\n${account}`,
      'apps/once.yaml': secret('once', '1', REPLACED),
    },
    {
      'apps/a.yaml': maps(['a', 'new'], '2'),
      'apps/moved.yaml': `${maps(['b'], '1')}---\n${secret('keys', '2')}`,
      'apps/c.yaml': service(81),
      'apps/once.yaml': secret('once', '2', REPLACED),
    },
  ],
};

/** Moves the inventory into shards, changes it there, and moves it back onto the parent. */
export const SHARDED: Scenario = {
  name: 'an inventory in shards',
  countedFrom: 0,
  isFresh: false,
  steps: [
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
  ],
};

/**
 * Moves objects between two targets, both ways in one push: neither target may delete them, and each waits for the other.
 * The last push moves everything that one of them has.
 */
export const MOVES: Scenario = {
  name: 'objects that move between two targets',
  countedFrom: 1,
  isFresh: false,
  isPair: true,
  steps: [
    {
      'apps/a.yaml': maps(['a', 'stays'], '1'),
      'apps/keys.yaml': secret('keys', '1'),
      'sites/b.yaml': `${maps(['b', 'rests'], '1')}---\n${service(80)}`,
    },
    {
      'apps/a.yaml': `${maps(['stays'], '1')}---\n${maps(['b'], '2')}`,
      'sites/b.yaml': `${maps(['rests'], '2')}---\n${service(80)}`,
      'sites/a.yaml': maps(['a'], '2'),
      'sites/keys.yaml': secret('keys', '1'),
    },
    {
      'apps/a.yaml': `${maps(['stays', 'rests', 'a', 'b'], '2')}---\n${service(80)}`,
      'apps/keys.yaml': secret('keys', '2'),
    },
  ],
};

/** With no replicas, so that it is ready as soon as its controller has seen it. */
const deployment = (image: string, name = 'web') =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  replicas: 0\n  selector: { matchLabels: { app: ${name} } }\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec: { containers: [{ name: web, image: "example.com/web:${image}" }] }\n`;
const SECOND = '  annotations: { headgate.dev/wave: "1" }\n';
const AFTER = configMap('after', { v: '1' }, SECOND);

/** Applies a wave, waits until it is ready, applies the next one, and prunes last. */
export const WAVES: Scenario = {
  name: 'two waves',
  countedFrom: 0,
  isFresh: false,
  steps: [
    {
      'apps/web.yaml': deployment('1'),
      'apps/after.yaml': configMap('after', { v: '1' }, SECOND),
      'apps/gone.yaml': maps(['gone'], '1'),
    },
    { 'apps/web.yaml': deployment('2'), 'apps/after.yaml': configMap('after', { v: '2' }, SECOND) },
  ],
};

/** Goes back to an earlier commit, keeps it while another one is pushed, and deploys the tip when the hold ends. */
export const HOLD: Scenario = {
  name: 'a hold and its end',
  countedFrom: 2,
  isFresh: false,
  steps: [
    { 'apps/a.yaml': maps(['a', 'b'], '1') },
    { 'apps/a.yaml': maps(['a'], '2'), 'apps/c.yaml': maps(['c'], '2') },
    { holdAt: 0 },
    { isAt: 0 },
    { waits: { 'apps/a.yaml': maps(['a', 'd'], '3'), 'apps/c.yaml': maps(['c'], '2') } },
    { isAt: 0 },
    'release',
    { isAt: 2 },
  ],
};

/** Goes back to the last commit that was ready, and no further when the command is repeated. */
export const ROLLBACK: Scenario = {
  name: 'a rollback and its end',
  countedFrom: 3,
  isFresh: false,
  steps: [
    { 'apps/a.yaml': maps(['a'], '0') },
    { 'apps/a.yaml': maps(['a', 'b'], '1') },
    { 'apps/a.yaml': maps(['a'], '2'), 'apps/c.yaml': maps(['c'], '2') },
    'rollback',
    { isAt: 1 },
    'rollback',
    { isAt: 1 },
    { waits: { 'apps/a.yaml': maps(['a', 'd'], '3') } },
    'release',
    { isAt: 3 },
  ],
};

/** Its pod is not scheduled before the test lets it. */
const gated = `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      schedulingGates: [{ name: example.com/test }]\n      containers: [{ name: web, image: "example.com/web:1" }]\n`;

/**
 * A window closes while a wave waits, so the run still ends; then a push waits until it opens, and the sweep deploys it. A
 * channel hears of all of it.
 */
export const WINDOW: Scenario = {
  name: 'a window that closes and opens',
  countedFrom: 2,
  isFresh: false,
  steps: [
    { window: 'open' },
    { 'apps/a.yaml': maps(['a', 'b'], '1') },
    { pauses: { 'apps/a.yaml': maps(['a'], '2'), 'apps/web.yaml': gated, 'apps/after.yaml': AFTER } },
    { window: 'closed' },
    'ungate',
    'settles',
    { waits: { 'apps/a.yaml': maps(['a', 'd'], '3'), 'apps/after.yaml': AFTER } },
    { isAt: 1 },
    { window: 'open' },
    'settles',
    { isAt: 2 },
  ],
};

const stage = (path: string, image: string): Files => ({
  [`${path}/web.yaml`]: deployment(image, path),
});

/** A version moves to the second stage when the first one is ready and has its status, once for each push. */
export const PROMOTION: Scenario = {
  name: 'a promotion to a second stage',
  countedFrom: 2,
  isFresh: false,
  isPair: true,
  sample: '/git-receive-pack',
  steps: [
    'promotes',
    { ...stage('apps', '1.0.0'), ...stage('sites', '1.0.0') },
    { moves: stage('apps', '1.1.0'), to: stage('sites', '1.1.0') },
  ],
};

/** Reads which kinds the cluster serves, opens its connections, and creates objects. */
export const FRESH: Scenario = {
  name: 'a fresh process',
  countedFrom: 0,
  isFresh: true,
  steps: [{ 'apps/a.yaml': `${maps(['a'], '1')}---\n${secret('keys', '1')}---\n${service(80)}` }],
};

/** Deletes every owned object except one, which is kept and loses its labels. */
export const UNINSTALL: Scenario = {
  name: 'an uninstall',
  countedFrom: 1,
  isFresh: false,
  steps: [
    {
      'apps/a.yaml': maps(['a', 'b', 'c', 'd'], '1'),
      'apps/b.yaml': `${service(80)}---\n${account}---\n${secret('keys', '1')}`,
      'apps/kept.yaml': configMap('kept', { v: '1' }, KEPT),
    },
    'uninstall',
  ],
};
