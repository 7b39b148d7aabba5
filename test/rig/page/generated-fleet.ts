import type { Fleet, TargetStatus } from '../../../src/cli/lookup/read-fleet.ts';
import { fleetView } from '../../../src/cli/page/fleet-view.ts';
import { targetView } from '../../../src/cli/page/target-view.ts';
import type { PageReader } from '../../../src/cli/page/reader.ts';
import type { Target } from '../../../src/config/checked/config.ts';
import type { EventRow, ImagesView, ObjectNode, PlanView } from '../../../src/page/model.ts';
import { asRevision } from '../../../src/snapshot/source.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { withOutcome } from '../../../src/state/history.ts';
import type { History, HistoryEntry } from '../../../src/state/history.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import type { TargetState } from '../../../src/state/target-state.ts';
import { configOf } from '../../config/builders.ts';
import { generatedPromotions } from './generated-promotions.ts';

/** When the generated fleet was read. */
export const NOW = Date.parse('2026-11-28T10:30:00.000Z');
const MINUTE = 60_000;

/** What an attacker may write into a commit, an annotation or a name that some API accepts. */
export const HOSTILE = `<img src=x onerror="document.title='owned'">`;

const TEAMS = ['shop', 'search', 'billing', 'mail', 'ledger', 'catalog', 'login', 'media'];
const SUBJECTS = [
  'raise the memory limit',
  'web: 1.14.2',
  'add a readiness probe',
  'scale the workers',
  'rotate the cache',
];
const AUTHORS = ['Jo Ström', 'Ada Byron', 'Mira Chen', 'renovate[bot]'];

function revisionOf(seed: number): Revision {
  const revision = asRevision(((seed + 1) * 2_654_435_761).toString(16).padStart(8, '0').slice(-8).repeat(5));
  if (revision === null) throw new Error('not a commit id');
  return revision;
}

function outcome(seed: number, minutes: number, change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    revision: revisionOf(seed),
    verdict: 'deployed',
    subject: SUBJECTS[seed % SUBJECTS.length] ?? '',
    author: AUTHORS[seed % AUTHORS.length] ?? '',
    created: seed % 3,
    updated: 1 + (seed % 4),
    pruned: seed % 7 === 0 ? 1 : 0,
    durationMs: 180 + (seed % 900),
    by: seed % 2 === 0 ? 'sweep' : 'cli jo',
    at: new Date(NOW - minutes * MINUTE).toISOString(),
    awaited: null,
    ...change,
  };
}

/** 2,000 targets, or fewer, of which a few fail, drift, wait or are held, through the checked configuration. */
export function generatedFleet(count: number): Fleet {
  const clusters = ['prod-eu', 'prod-us', 'staging'];
  const targets = Array.from({ length: count }, (_, index) => {
    const team = TEAMS[index % TEAMS.length];
    const cluster = clusters[index % clusters.length];
    const approval = index % 211 === 137 ? ', approval: plan' : '';
    return `  - { name: ${team}-${cluster}-${index}${approval}, repository: ${index % 5 === 0 ? 'platform' : 'fleet'}, branch: main, path: clusters/${cluster}/${team}-${index}, cluster: ${cluster}, namespace: ${team}-${index} }`;
  });
  const repository = (name: string) =>
    `  ${name}: { host: github, url: 'https://github.com/acme/${name}.git', webhookSecret: env:SECRET }`;
  const { targets: checked } = configOf(
    [
      'clusters:',
      ...clusters.map((name) => `  ${name}: { kubeconfig: { path: ./${name} } }`),
      'key: env:KEY',
      'repositories:',
      repository('fleet'),
      repository('platform'),
      'targets:',
      ...targets,
      '',
    ].join('\n'),
  );
  return { rows: checked.map((target, index) => statusOf(target, index)), refused: [], leftovers: [], problems: [] };
}

function statusOf(target: Target, index: number): TargetStatus {
  const status = { target, readiness: 'ready', notReady: [], problem: null, letters: [] } as const;
  const minutes = 3 + ((index * 37) % 9_000);
  const state = stateOf(index, minutes);
  switch (index % 211) {
    case 3: {
      const hold = {
        by: 'jo',
        reason: 'incident 4711: the checkout answers slowly',
        since: new Date(NOW - 28 * MINUTE).toISOString(),
        at: state.applied.source?.revision ?? null,
        from: null,
        until: null,
      };
      return { ...status, state: { ...state, hold } };
    }
    case 17: {
      const found = { objects: 2, since: new Date(NOW - 40 * MINUTE).toISOString() };
      return { ...status, state: { ...state, drift: { ...state.drift, found } } };
    }
    case 40: {
      const reason = 'ImagePullBackOff ghcr.io/acme/web:1.14.3: Back-off pulling image "ghcr.io/acme/web:1.14.3"';
      const notReady = [{ kind: 'Deployment', namespace: target.namespace, name: 'web', reason }];
      return { ...status, state, readiness: 'not-ready', notReady };
    }
    case 77:
      return { ...status, state: withVerdict(state, 'refused', ['manifest-invalid'], index) };
    case 120: {
      const waiting = {
        revision: revisionOf(index + 9),
        sinceMs: NOW - MINUTE,
        created: 0,
        updated: 1,
        pruned: 0,
        isApplied: false,
        on: ['Deployment shop/db'],
        isDeferred: false,
        isExact: true,
      };
      return { ...status, state: { ...state, progress: { awaited: null, approved: null, waiting } } };
    }
    case 137: {
      const waiting = {
        revision: revisionOf(index + 9),
        sinceMs: NOW - MINUTE,
        created: 0,
        updated: 0,
        pruned: 0,
        isApplied: false,
        on: ['waits for approval: 1 create, 2 updates: ConfigMap feature-flags, Deployment web; approve 3f9c2a1'],
        isDeferred: true,
        isExact: false,
      };
      return { ...status, state: { ...state, progress: { awaited: null, approved: null, waiting } } };
    }
    case 150: {
      const problem = {
        code: 'cluster-unreachable',
        subject: `cluster ${target.cluster.name}`,
        message: 'the API server does not respond',
        remedy: 'Check the network between this machine and the cluster.',
      } as const;
      return { ...status, state: null, readiness: null, problem };
    }
    case 180:
      return { ...status, state: NOTHING_RECORDED, readiness: null };
    default:
      return { ...status, state };
  }
}

function stateOf(index: number, minutes: number): TargetState {
  const outcomes = Array.from({ length: 6 }, (_, back) => outcome(index + back * 17, minutes + back * 700));
  const entries = [
    outcome(index, minutes, index === 3 ? { subject: HOSTILE, author: HOSTILE } : {}),
    ...outcomes.slice(1),
  ];
  const history = entries.toReversed().reduce<History>((kept, entry) => withOutcome(kept, entry), []);
  const [newest] = entries;
  const revision = revisionOf(index);
  return {
    ...NOTHING_RECORDED,
    applied: {
      ...NOTHING_RECORDED.applied,
      source: { revision, rootTree: revision as never, tree: revision as never },
      deployedAt: newest?.at ?? null,
    },
    run: { lease: null, dirty: [] },
    outcome: { ...NOTHING_RECORDED.outcome, verdict: 'deployed', attempted: revision },
    history,
  };
}

function withVerdict(state: TargetState, verdict: 'refused', errors: readonly string[], index: number): TargetState {
  const attempted = revisionOf(index + 5);
  const history = withOutcome(state.history, outcome(index + 5, 2, { verdict, created: 0, updated: 0, pruned: 0 }));
  return { ...state, outcome: { ...state.outcome, verdict, errors, attempted }, history };
}

const ready = { kind: 'ready', reason: '' } as const;
const base = { namespace: 'shop', source: 'clusters/prod/shop/web.yaml', mayHaveDrifted: false, children: [] };
const made = { namespace: 'shop', source: null, mayHaveDrifted: false, health: ready };

/** A Deployment with a broken rollout, and what stands around it. */
const OBJECTS: readonly ObjectNode[] = [
  {
    ...base,
    kind: 'Deployment',
    name: 'web',
    health: { kind: 'failed', reason: 'ImagePullBackOff ghcr.io/acme/web:1.14.3: Back-off pulling image' },
    children: [
      {
        ...made,
        kind: 'ReplicaSet',
        name: 'web-7d9c5b8f6d',
        health: { kind: 'progressing', reason: '0 of 1 pods are ready' },
        children: [
          {
            ...made,
            kind: 'Pod',
            name: 'web-7d9c5b8f6d-x2x7q',
            health: { kind: 'failed', reason: `ErrImagePull ${HOSTILE}` },
            children: [],
          },
        ],
      },
      {
        ...made,
        kind: 'ReplicaSet',
        name: 'web-5f6c8c9b7c',
        children: ['k8wzp', 'm4tqd', 'zz9lp'].map((id) => ({
          ...made,
          kind: 'Pod',
          name: `web-5f6c8c9b7c-${id}`,
          children: [],
        })),
      },
    ],
  },
  { ...base, kind: 'StatefulSet', name: 'db', health: ready, source: 'clusters/prod/shop/db.yaml' },
  { ...base, kind: 'ConfigMap', name: HOSTILE, health: null, mayHaveDrifted: true },
  { ...base, kind: 'Service', name: 'web', health: null },
  { ...base, kind: 'ServiceAccount', name: 'web', health: null, source: HOSTILE },
];

const EVENTS: readonly EventRow[] = [
  {
    type: 'Warning',
    reason: 'Failed',
    object: 'Pod web-7d9c5b8f6d-x2x7q',
    message: `Failed to pull image "ghcr.io/acme/web:1.14.3": ${HOSTILE}`,
    count: 14,
    at: new Date(NOW - 2 * MINUTE).toISOString(),
  },
  {
    type: 'Normal',
    reason: 'Deployed',
    object: 'ConfigMap headgate-mail-prod-eu-3',
    message: '1 created, 2 updated',
    count: 1,
    at: new Date(NOW - 40 * MINUTE).toISOString(),
  },
];

const written = { repository: 'fleet', branch: 'main', problem: null, polls: 'within 5m' };

const IMAGES: ImagesView = {
  readAt: new Date(NOW - 4_000).toISOString(),
  rows: [
    { ...written, image: 'web', policy: 'semver ^1.14', current: ['1.14.3'], newest: '1.14.3', reason: null },
    {
      ...written,
      image: 'mail',
      policy: 'newest numerical tag of ^build-(?<n>\\d+)$',
      current: ['build-41', 'build-44'],
      newest: 'build-45',
      reason: 'held: build-45 was written by 3f9c2a1d77aa and reverted',
    },
    {
      ...written,
      image: 'search',
      policy: 'semver >=2.0.0',
      current: [],
      newest: null,
      reason: `the registry does not respond ${HOSTILE}`,
      problem: {
        subject: 'ghcr.io/acme/search',
        message: `does not respond ${HOSTILE}`,
        remedy: 'Check the network between this machine and the registry.',
      },
    },
  ],
};

export const PLAN: PlanView = {
  from: revisionOf(1),
  to: revisionOf(2),
  summary: '1 to create, 2 to update, 1 to prune',
  changes: [
    {
      op: 'create',
      object: 'ConfigMap shop/feature-flags',
      source: 'clusters/prod/shop/flags.yaml:1',
      reason: null,
      fields: [],
    },
    {
      op: 'update',
      object: 'Deployment.apps shop/web',
      source: 'clusters/prod/shop/web.yaml:1',
      reason: null,
      fields: [
        {
          path: 'spec.template.spec.containers[web].image',
          before: 'ghcr.io/acme/web:1.14.2',
          after: 'ghcr.io/acme/web:1.14.3',
        },
        { path: 'spec.replicas', before: '3', after: '5' },
        { path: 'metadata.annotations["note"]', before: null, after: HOSTILE },
      ],
    },
    {
      op: 'update',
      object: 'Secret shop/database',
      source: 'clusters/prod/shop/secret.yaml:1',
      reason: null,
      fields: [{ path: 'data.password', before: '(masked)', after: '(masked, changed)' }],
    },
    {
      op: 'prune',
      object: 'Ingress.networking.k8s.io shop/old',
      source: 'clusters/prod/shop/old.yaml',
      reason: 'in a later run',
      fields: [],
    },
  ],
  refusals: [],
  hash: '3f9c2a1d'.repeat(4),
  warnings: [
    {
      subject: 'clusters/prod/shop/web.yaml:14',
      message: 'spec.replicas leaves Git in the next commit and falls back to 1',
      remedy: 'List /spec/replicas under ignore if an autoscaler sets it.',
    },
  ],
  waits: null,
};

/** Reads the generated data instead of a cluster, through the same views. */
export function generatedReader(count: number): PageReader {
  const fleet = generatedFleet(count);
  const rowOf = (target: Target) => {
    const row = fleet.rows.find((each) => each.target === target);
    if (row === undefined) throw new Error(`no row of ${target.name}`);
    return row;
  };
  return {
    ...generatedPromotions(NOW, HOSTILE),
    fleet: async () => fleetView(fleet, { nowMs: NOW - 2_000, images: IMAGES.rows.length, promotions: 2 }),
    images: async () => IMAGES,
    forget: () => undefined,
    find: async (name) => fleet.rows.find(({ target }) => target.name === name)?.target ?? null,
    status: async (target) => rowOf(target),
    target: async (target, activity) =>
      targetView(rowOf(target), { objects: { nodes: OBJECTS, events: EVENTS, notes: [] }, activity, nowMs: NOW }),
    plan: async () => PLAN,
    lastReady: async () => revisionOf(20),
    tip: async () => revisionOf(2),
    fleetVersion: async () => 'same',
    targetVersion: async () => 'same',
    pauseMs: () => 3_000,
  };
}
