import { describe, expect, it } from 'vitest';
import type { AwaitedObject } from '../../../src/health/needs-readiness.ts';
import type { Candidate, Facts, Observation, LiveDependency } from '../../../src/plan/model/facts.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { formatId } from '../../../src/resource/resource.ts';
import { SEEN, aCandidate, aResource, aTarget, anEntry, someFacts } from '../builders.ts';

const creates: Observation = { kind: 'creates' };
const recorded: Observation = { kind: 'recorded' };
const WAITING = aTarget({ waitMs: 60_000 });

function deployment(
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  observation: Observation = creates,
): Candidate {
  const resource = aResource('Deployment', name, { group: 'apps', object: { metadata: { name, annotations } } });
  return aCandidate(resource, observation);
}

function settings(name: string, annotations: Readonly<Record<string, string>> = {}): Candidate {
  return aCandidate(aResource('ConfigMap', name, { object: { metadata: { name, annotations } } }), creates);
}

const wave = (number: string) => ({ 'headgate.dev/wave': number });
const on = (...names: readonly string[]) => ({
  'config.kubernetes.io/depends-on': names.map((name) => `apps/namespaces/shop/Deployment/${name}`).join(', '),
});

function planOf(candidates: readonly Candidate[], change: Partial<Facts> = {}) {
  const plan = makePlan(someFacts({ target: WAITING, candidates, ...change }));
  const names = (step: (typeof plan.steps)[number]) =>
    step.map(({ candidate }) => candidate.resource.id.name).join(' ');
  const { pauseAfter, refusals } = plan;
  return {
    all: plan.steps.map(names),
    now: plan.steps.slice(0, pauseAfter ?? plan.steps.length).map(names),
    awaits: plan.awaits.map(({ id }) => id.name),
    refusals: refusals.map(({ subject, message }) => `${subject} ${message}`),
  };
}

describe('waves', () => {
  it('take precedence over the order of kinds, and headgate.dev/wave over the annotation of Argo CD', () => {
    const plan = planOf([
      deployment('web'),
      settings('late', { 'argocd.argoproj.io/sync-wave': '10' }),
      settings('settings'),
      deployment('first', { ...wave('-1'), 'argocd.argoproj.io/sync-wave': '5' }),
      settings('third', wave('2')),
    ]);
    expect(plan.all).toEqual(['first', 'settings', 'web', 'third', 'late']);
  });

  it('wait until the objects of the wave before are ready, and not at all after objects that need no time', () => {
    const plan = planOf([
      settings('a', wave('-2')),
      settings('b', wave('-1')),
      deployment('web'),
      settings('c', wave('1')),
      deployment('d', wave('2')),
    ]);
    expect(plan).toMatchObject({ now: ['a', 'b', 'web'], awaits: ['web'], refusals: [] });
  });

  it('only set the order with wait: 0s, without waiting', () => {
    const candidates = [deployment('web'), deployment('after', wave('1'))];
    expect(planOf(candidates, { target: aTarget({ waitMs: 0 }) })).toMatchObject({ now: ['web', 'after'], awaits: [] });
  });

  it('delay prunes until the last wave', () => {
    const left = anEntry(aResource('ConfigMap', 'left'));
    const facts = { target: WAITING, entries: [left], candidates: [deployment('web'), deployment('after', wave('1'))] };
    const plan = makePlan(someFacts(facts));
    // Prunes are planned, and executed by the run that does not pause.
    expect([plan.pauseAfter, plan.prunes.flat().map(({ entry }) => entry.id.name)]).toEqual([1, ['left']]);
  });

  it('continue once the objects that an earlier run wrote are ready, and not before', () => {
    const first = deployment('first', wave('-1'), recorded);
    const candidates = [first, deployment('web')];
    const dirty = ['apps/first.yaml', 'apps/web.yaml'];
    expect(planOf(candidates, { dirty })).toMatchObject({ now: [], awaits: ['first'] });
    expect(planOf(candidates, { dirty, ready: new Set([formatId(first.resource.id)]) })).toMatchObject({
      now: ['web'],
      awaits: ['web', 'first'],
    });
    // No unfinished run touched it, so its readiness does not matter.
    expect(planOf(candidates, { dirty: [] })).toMatchObject({ now: ['web'], awaits: ['web'] });
  });

  it('are refused with file and line unless they are whole numbers', () => {
    expect(
      planOf([settings('a', wave('1.5')), settings('b', { 'argocd.argoproj.io/sync-wave': 'first' })]).refusals,
    ).toEqual([
      'apps/a.yaml:1 ConfigMap shop/a has an invalid annotation: headgate.dev/wave: 1.5',
      'apps/b.yaml:1 ConfigMap shop/b has an invalid annotation: argocd.argoproj.io/sync-wave: first',
    ]);
  });

  it('keep a refusal that only an object in a later wave would lift', () => {
    const problem = { code: 'namespace-missing', subject: 'apps/web.yaml:1', message: 'missing', remedy: '' } as const;
    const namespace = (number: string) =>
      aCandidate(
        aResource('Namespace', 'shop', {
          namespace: '',
          object: { metadata: { name: 'shop', annotations: wave(number) } },
        }),
        creates,
      );
    const web = deployment('web', {}, { kind: 'refused', problem, obstacle: 'namespace' });
    expect(planOf([web, namespace('1')]).refusals).toHaveLength(1);
    expect(planOf([web, namespace('0')]).refusals).toEqual([]);
  });
});

describe('depends-on', () => {
  it('applies an object once its dependencies are ready, however long the chain', () => {
    const plan = planOf([
      deployment('web', on('api')),
      deployment('api', on('db', 'cache')),
      deployment('db'),
      deployment('cache'),
    ]);
    expect(plan).toMatchObject({ all: ['db cache', 'api', 'web'], now: ['db cache'], refusals: [] });
    expect(plan.awaits.toSorted()).toEqual(['cache', 'db']);
  });

  it('refuses cycles, including an object that depends on itself, and shows the cycle', () => {
    const plan = planOf([
      deployment('a', on('b')),
      deployment('b', on('c')),
      deployment('c', on('a')),
      deployment('d', on('d')),
    ]);
    expect(plan.refusals).toEqual([
      'apps/c.yaml:1 config.kubernetes.io/depends-on has a cycle: Deployment.apps shop/a → Deployment.apps shop/b → Deployment.apps shop/c → Deployment.apps shop/a',
      'apps/d.yaml:1 config.kubernetes.io/depends-on has a cycle: Deployment.apps shop/d → Deployment.apps shop/d',
    ]);
  });

  it('refuses a dependency that the target does not own, one in a later wave, and an invalid reference', () => {
    const plan = planOf([
      deployment('a', on('missing')),
      deployment('b', on('late')),
      deployment('late', wave('1')),
      settings('c', { 'config.kubernetes.io/depends-on': 'Deployment/web' }),
    ]);
    expect(plan.refusals).toEqual([
      'apps/c.yaml:1 ConfigMap shop/c has an invalid annotation: config.kubernetes.io/depends-on: Deployment/web',
      'apps/a.yaml:1 Deployment.apps shop/a depends on Deployment.apps shop/missing, which this target does not own',
      'apps/b.yaml:1 Deployment.apps shop/b in wave 0 depends on Deployment.apps shop/late in a later wave (1)',
    ]);
  });

  it('reads the live object if its file was not touched', () => {
    const id = aResource('Deployment', 'db', { group: 'apps' }).id;
    const object: AwaitedObject = { apiVersion: 'apps/v1', id, mayVanish: false };
    const references = (reference: LiveDependency) => ({ references: new Map([[formatId(id), reference]]) });
    const candidates = [settings('first'), deployment('web', on('db'))];
    expect(planOf(candidates, references({ kind: 'ready' }))).toMatchObject({ now: ['first', 'web'], refusals: [] });
    expect(planOf(candidates, references({ kind: 'not-ready', object }))).toMatchObject({
      now: ['first'],
      awaits: ['db'],
    });
    expect(planOf(candidates, references({ kind: 'outside' })).refusals).toHaveLength(1);
  });

  it('accepts references to the core group and to cluster-scoped kinds', () => {
    const annotations = {
      'config.kubernetes.io/depends-on': '/namespaces/shop/ConfigMap/c,rbac.authorization.k8s.io/ClusterRole/r',
    };
    const role = aCandidate(aResource('ClusterRole', 'r', { group: 'rbac.authorization.k8s.io', namespace: '' }), {
      kind: 'updates',
      live: SEEN,
    });
    expect(planOf([deployment('web', annotations), settings('c'), role]).all).toEqual(['r', 'c', 'web']);
  });
});
