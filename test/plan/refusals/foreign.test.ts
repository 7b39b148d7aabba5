import { describe, expect, it } from 'vitest';
import { legacyOf } from '../../../src/plan/ownership/adoption.ts';
import { refuseForeign } from '../../../src/plan/refusals/foreign.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { takeoverPatch } from '../../../src/plan/ownership/takeover.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { SEEN, SET, aCandidate, aResource, aTarget, anEntry, live, someFacts } from '../builders.ts';

const resource = aResource('ConfigMap', 'a', { file: 'apps/a.yaml', line: 3 });
const ownedByOther = (source: string) =>
  live({ labels: { 'applyset.kubernetes.io/part-of': 'other' }, annotations: { 'headgate.dev/source': source } });
const otherTargets = new Map([['other', { name: 'shop-old', namespace: 'old' }]]);

describe('an object of another target', () => {
  const judge = (source: string, known = otherTargets) =>
    refuseForeign(aCandidate(resource, { kind: 'updates', live: SEEN }, ownedByOther(source)), {
      ...someFacts(),
      otherTargets: known,
    });

  it('is refused as moved if it comes from the same file: most likely this target was renamed', () => {
    expect(judge('apps/a.yaml')).toMatchObject({
      code: 'target-moved',
      subject: 'apps/a.yaml:3',
      message: 'ConfigMap shop/a belongs to target shop-old, whose state is in namespace old',
      remedy: expect.stringContaining(
        'headgate uninstall shop-old --keep --cluster lab --namespace old, then headgate deploy shop. ',
      ),
    });
  });

  it('is refused as foreign if it comes from another file', () => {
    expect(judge('else/a.yaml')).toMatchObject({ code: 'foreign-owner' });
  });

  it('is refused with the name of its owner if that is suspended and so releases nothing', () => {
    const suspended = new Map([['other', { name: 'blog', namespace: 'shop', isSuspended: true }]]);
    expect(judge('else/a.yaml', suspended)).toMatchObject({
      code: 'foreign-owner',
      message: 'ConfigMap shop/a belongs to target blog, which is suspended',
      remedy: expect.stringMatching(
        /^Remove suspend from target blog in headgate.yml if it no longer defines/,
      ) as string,
    });
  });

  it('is refused even if the state of the other target cannot be read', () => {
    expect(judge('apps/a.yaml', new Map())).toMatchObject({
      code: 'target-moved',
      message: 'ConfigMap shop/a belongs to another Headgate target (from apps/a.yaml)',
    });
  });

  it('is accepted if the target adopts', () => {
    const facts = someFacts({ target: aTarget({ adopt: true }) });
    expect(refuseForeign(aCandidate(resource, { kind: 'updates', live: SEEN }, ownedByOther('x')), facts)).toBeNull();
  });
});

describe('the takeover of an adopted object', () => {
  const entry = (manager: string, fields: JsonObject) => ({
    manager,
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': fields },
  });
  const ofHelm = live({
    annotations: { 'meta.helm.sh/release-name': 'shop', other: 'stays' },
    managedFields: [entry('helm', { 'f:a': {} }), entry('hpa', { 'f:b': {} })],
  });

  it('removes the annotations and the field ownership of the former owner, and of no other manager', () => {
    expect(takeoverPatch(ofHelm, legacyOf(ofHelm, SET))).toEqual([
      {
        op: 'replace',
        path: '/metadata/managedFields',
        value: [entry('hpa', { 'f:b': {} }), { ...entry('headgate', { 'f:a': {} }) }],
      },
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
      { op: 'remove', path: '/metadata/annotations/meta.helm.sh~1release-name' },
    ]);
  });

  it('changes nothing if the object had no owner', () => {
    expect(takeoverPatch(live(), legacyOf(live(), SET))).toBeNull();
  });
});

describe('one object under two groups', () => {
  const grouped = aResource('Event', 'e', { group: 'events.k8s.io', file: 'apps/e.yaml' });
  const core = anEntry(aResource('Event', 'e', { file: 'apps/e.yaml' }), { uid: 'uid' });

  it('is not pruned under its old name', () => {
    const plan = makePlan(
      someFacts({ candidates: [aCandidate(grouped, { kind: 'updates', live: SEEN })], entries: [core] }),
    );
    expect(plan.prunes).toEqual([]);
    expect(plan.forgotten).toEqual([core]);
  });

  it('is pruned if the old name is another object', () => {
    const other = { ...core, uid: 'another' };
    const plan = makePlan(
      someFacts({ candidates: [aCandidate(grouped, { kind: 'updates', live: SEEN })], entries: [other] }),
    );
    expect(plan.prunes).toEqual([[{ op: 'prune', entry: other }]]);
  });
});

it('warns which fields an update takes, and from which managers', () => {
  const taken = [
    { field: '.data.v', manager: 'tuner' },
    { field: '.data.w', manager: 'tuner' },
    { field: '.data.x', manager: 'hpa' },
  ];
  const plan = makePlan(someFacts({ candidates: [aCandidate(resource, { kind: 'updates', live: SEEN, taken })] }));
  expect(plan.warnings).toEqual([
    expect.objectContaining({
      code: 'field-conflict',
      subject: 'apps/a.yaml:3',
      message: 'ConfigMap shop/a: takes fields from tuner (.data.v, .data.w) and hpa (.data.x)',
    }),
  ]);
});
