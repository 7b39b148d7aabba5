import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import type { Problem } from '../../../src/error/deploy-error.ts';
import { formatId } from '../../../src/resource/resource.ts';
import { SEEN, aCandidate, aResource, aTarget, anEntry, live, someFacts } from '../builders.ts';

const creates = { kind: 'creates' } as const;
const updates = { kind: 'updates', live: SEEN } as const;

function problem(code: Problem['code'], subject = 'apps/x.yaml:1'): Problem {
  return { code, subject, message: 'is wrong', remedy: 'Fix it.' };
}

function written(plan: ReturnType<typeof makePlan>): readonly (readonly string[])[] {
  return plan.steps.map((step) => step.map(({ op, candidate }) => `${op} ${formatId(candidate.resource.id)}`));
}

function codes(plan: ReturnType<typeof makePlan>): readonly string[] {
  return plan.refusals.map(({ code }) => code);
}

describe('the order of a plan', () => {
  it('writes namespaces before RBAC, RBAC before configuration, then workloads, and webhooks last', () => {
    const kinds = [
      aResource('ValidatingWebhookConfiguration', 'hook', { group: 'admissionregistration.k8s.io', namespace: '' }),
      aResource('Deployment', 'web', { group: 'apps' }),
      aResource('ConfigMap', 'settings'),
      aResource('Widget', 'w', { group: 'example.com' }),
      aResource('RoleBinding', 'rb', { group: 'rbac.authorization.k8s.io' }),
      aResource('Role', 'r', { group: 'rbac.authorization.k8s.io' }),
      aResource('StorageClass', 'fast', { group: 'storage.k8s.io', namespace: '' }),
      aResource('Namespace', 'shop', { namespace: '' }),
    ];
    const plan = makePlan(someFacts({ candidates: kinds.map((resource) => aCandidate(resource, creates)) }));
    expect(written(plan)).toEqual([
      ['create Namespace shop'],
      ['create StorageClass.storage.k8s.io fast'],
      ['create Role.rbac.authorization.k8s.io shop/r'],
      ['create RoleBinding.rbac.authorization.k8s.io shop/rb'],
      ['create ConfigMap shop/settings'],
      ['create Deployment.apps shop/web'],
      ['create Widget.example.com shop/w'],
      ['create ValidatingWebhookConfiguration.admissionregistration.k8s.io hook'],
    ]);
  });

  it('prunes in the reverse order', () => {
    const gone = [aResource('ConfigMap', 'settings'), aResource('Deployment', 'web', { group: 'apps' })];
    const stays = aCandidate(aResource('ConfigMap', 'other'), creates);
    const plan = makePlan(someFacts({ candidates: [stays], entries: gone.map((resource) => anEntry(resource)) }));
    expect(plan.prunes.map((step) => step.map(({ entry }) => formatId(entry.id)))).toEqual([
      ['Deployment.apps shop/web'],
      ['ConfigMap shop/settings'],
    ]);
  });
});

describe('moves between files', () => {
  it('updates an object that moved, records its former file, and prunes nothing', () => {
    const moved = aResource('ConfigMap', 'settings', { file: 'apps/new.yaml' });
    const before = anEntry(moved, { file: 'apps/old.yaml' });
    const plan = makePlan(someFacts({ candidates: [aCandidate(moved, updates)], entries: [before] }));
    expect(plan.prunes).toEqual([]);
    expect(plan.steps[0]?.[0]).toMatchObject({ op: 'update', from: 'apps/old.yaml' });
    expect(plan.during).toContainEqual(
      expect.objectContaining({ file: 'apps/new.yaml', pending: { from: 'apps/old.yaml' } }),
    );
    expect(plan.during).toContainEqual(before);
  });

  it('refuses an object that two files define, and names both files', () => {
    const a = aCandidate(aResource('ConfigMap', 'settings', { file: 'apps/a.yaml', line: 3 }), updates);
    const b = aCandidate(aResource('ConfigMap', 'settings', { file: 'apps/b.yaml', line: 9 }), updates);
    const plan = makePlan(someFacts({ candidates: [a, b] }));
    expect(plan.refusals).toEqual([
      expect.objectContaining({
        code: 'manifest-duplicate',
        subject: 'apps/b.yaml:9',
        message: expect.stringContaining('apps/a.yaml:3'),
      }),
    ]);
  });
});

describe('refusals', () => {
  it('are all reported at once', () => {
    const candidates = [1, 2, 3].map((n) =>
      aCandidate(aResource('ConfigMap', `c${n}`), {
        kind: 'refused',
        problem: problem('manifest-rejected'),
        obstacle: 'content',
      }),
    );
    expect(codes(makePlan(someFacts({ candidates, problems: [problem('manifest-invalid')] })))).toEqual([
      'manifest-invalid',
      'manifest-rejected',
      'manifest-rejected',
      'manifest-rejected',
    ]);
  });

  it('include an object of another owner, unless the target adopts', () => {
    const other = live({ labels: { 'applyset.kubernetes.io/part-of': 'applyset-other-v1' } });
    const candidates = [aCandidate(aResource('ConfigMap', 'settings'), updates, other)];
    expect(codes(makePlan(someFacts({ candidates })))).toEqual(['foreign-owner']);
    expect(codes(makePlan(someFacts({ candidates, target: aTarget({ adopt: true }) })))).toEqual([]);
  });

  it('do not include an existing object without an owner, which is updated', () => {
    const plan = makePlan(someFacts({ candidates: [aCandidate(aResource('ConfigMap', 'settings'), updates, live())] }));
    expect(codes(plan)).toEqual([]);
    expect(written(plan)).toEqual([['update ConfigMap shop/settings']]);
  });

  it('include an object that is still being deleted, with its finalizers', () => {
    const plan = makePlan(
      someFacts({
        candidates: [
          aCandidate(aResource('ConfigMap', 'settings'), { kind: 'terminating', finalizers: ['example.com/hold'] }),
        ],
      }),
    );
    expect(plan.refusals).toEqual([
      expect.objectContaining({ code: 'still-deleting', message: expect.stringContaining('example.com/hold') }),
    ]);
  });

  it('do not include an object whose kind an earlier step defines: its dry run is repeated before its own step', () => {
    const crd = aResource('CustomResourceDefinition', 'widgets.example.com', {
      group: 'apiextensions.k8s.io',
      namespace: '',
      object: { spec: { group: 'example.com', names: { kind: 'Widget' }, scope: 'Namespaced' } },
    });
    const widget = aResource('Widget', 'w', { group: 'example.com' });
    const gadget = aResource('Gadget', 'g', { group: 'example.com' });
    const candidates = [
      aCandidate(crd, creates),
      aCandidate(widget, { kind: 'skipped', problem: problem('kind-unknown', 'apps/w.yaml:1'), obstacle: 'kind' }),
      aCandidate(gadget, { kind: 'skipped', problem: problem('kind-unknown', 'apps/g.yaml:1'), obstacle: 'kind' }),
    ];
    const plan = makePlan(someFacts({ candidates }));
    expect(plan.refusals.map(({ subject }) => subject)).toEqual(['apps/g.yaml:1']);
    expect(plan.steps.flat().find(({ candidate }) => candidate.resource === widget)?.unverified).toBe(true);
  });

  it('writes a cluster-wide class after the definition of its kind in the same push', () => {
    const names = { kind: 'GatewayClass' };
    const definition = aResource('CustomResourceDefinition', 'gatewayclasses.example.com', {
      group: 'apiextensions.k8s.io',
      namespace: '',
      object: { spec: { group: 'example.com', names } },
    });
    const gatewayClass = aResource('GatewayClass', 'public', { group: 'example.com', namespace: '' });
    const candidates = [
      aCandidate(gatewayClass, {
        kind: 'skipped',
        problem: problem('kind-unknown', 'apps/public.yaml:1'),
        obstacle: 'kind',
      }),
      aCandidate(definition, creates),
    ];
    const plan = makePlan(someFacts({ candidates }));
    expect(codes(plan)).toEqual([]);
    expect(written(plan)).toEqual([
      ['create CustomResourceDefinition.apiextensions.k8s.io gatewayclasses.example.com'],
      ['create GatewayClass.example.com public'],
    ]);
  });
});

describe('a document that stops being a manifest', () => {
  const unread = [{ path: 'apps/web.yaml', problem: problem('manifest-vanished', 'apps/web.yaml:1') }];

  it('is a warning if nothing was applied from its file', () => {
    const plan = makePlan(someFacts({ unread, candidates: [aCandidate(aResource('ConfigMap', 'c'), creates)] }));
    expect(plan.refusals).toEqual([]);
    expect(plan.warnings).toHaveLength(1);
  });

  it.each([
    ['a directory that became a submodule', 'apps/web', 'apps/web/deployment.yaml'],
    ['a directory with a dot that became a link', 'apps/web.v2', 'apps/web.v2/a/deployment.yaml'],
    ['a file that became a directory with a link in it', 'apps/web.yaml/link.yaml', 'apps/web.yaml'],
  ])('refuses to prune the objects of %s', (_what, path, file) => {
    const entry = anEntry(aResource('ConfigMap', 'web', { file }));
    const inTheWay = [{ path, problem: problem('file-unreadable', path) }];
    expect(codes(makePlan(someFacts({ unread: inTheWay, entries: [entry], count: 5 })))).toEqual(['file-unreadable']);
    const beside = anEntry(aResource('ConfigMap', 'web', { file: 'apps/website.yaml' }));
    expect(codes(makePlan(someFacts({ unread: inTheWay, entries: [beside], count: 5 })))).toEqual([]);
  });

  it('does not warn of a link whose name is not that of a manifest', () => {
    const link = [{ path: 'apps/logo.png', problem: problem('file-unreadable', 'apps/logo.png') }];
    const plan = makePlan(someFacts({ unread: link, candidates: [aCandidate(aResource('ConfigMap', 'c'), creates)] }));
    expect([plan.refusals, plan.warnings]).toEqual([[], []]);
  });

  it('is an error if an object was applied from its file, so that a typo in kind deletes nothing', () => {
    const entry = anEntry(aResource('Deployment', 'web', { group: 'apps', file: 'apps/web.yaml' }));
    const plan = makePlan(someFacts({ unread, entries: [entry], count: 5 }));
    expect(codes(plan)).toEqual(['manifest-vanished']);
  });
});

describe('guards', () => {
  const entries = Array.from({ length: 31 }, (_, n) => anEntry(aResource('ConfigMap', `c${n}`)));
  const candidates = [aCandidate(aResource('ConfigMap', 'stays'), creates)];

  it('refuse more deletions than the limit, and accept as many as the limit', () => {
    expect(codes(makePlan(someFacts({ entries, candidates })))).toEqual(['prune-limit']);
    expect(codes(makePlan(someFacts({ entries: entries.slice(1), candidates })))).toEqual([]);
  });

  it('refuse to delete every object of a target, unless prune.empty is true', () => {
    const facts = someFacts({ entries: entries.slice(0, 2) });
    expect(codes(makePlan(facts))).toEqual(['prune-everything']);
    const target = aTarget({ prune: { enabled: true, limit: 30, kinds: [], empty: true } });
    expect(codes(makePlan({ ...facts, target }))).toEqual([]);
  });

  it('distinguish a path that does not exist from one that is empty', () => {
    const facts = someFacts();
    expect(codes(makePlan(facts))).toEqual(['path-empty']);
    expect(codes(makePlan({ ...facts, source: { ...facts.source, tree: null } }))).toEqual(['path-missing']);
  });

  it('prune nothing if pruning is disabled', () => {
    const target = aTarget({ prune: { enabled: false, limit: 30, kinds: [], empty: false } });
    expect(makePlan(someFacts({ entries: entries.slice(0, 1), candidates, target })).prunes).toEqual([]);
  });

  it('suggest createNamespace if the namespace is missing, and create it if that is set', () => {
    const facts = someFacts({ candidates, namespaceMissing: true });
    expect(makePlan(facts).refusals[0]).toMatchObject({
      code: 'namespace-missing',
      remedy: expect.stringContaining('createNamespace'),
    });
    expect(makePlan({ ...facts, target: aTarget({ createNamespace: true }) }).namespace).toBe('create');
  });
});

it('records objects before a run creates them, and records nothing ahead of plain updates', () => {
  const known = aResource('ConfigMap', 'known');
  const entries = [anEntry(known)];
  const plan = makePlan(
    someFacts({
      entries,
      candidates: [aCandidate(known, updates), aCandidate(aResource('ConfigMap', 'fresh'), creates)],
    }),
  );
  expect(plan.during.map(({ id, pending }) => [id.name, pending])).toEqual([
    ['fresh', { from: null }],
    ['known', null],
  ]);
});
