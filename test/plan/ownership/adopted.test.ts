import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import type { LiveMetadata } from '../../../src/plan/model/facts.ts';
import { SEEN, SET, aCandidate, aResource, aTarget, live, someFacts } from '../builders.ts';

const OURS = { manager: 'headgate', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} };

const warningsOf = (found: readonly (LiveMetadata | null)[], adopt = false) => {
  const candidates = found.map((each, n) =>
    aCandidate(
      aResource('ConfigMap', `a${n}`, { file: 'apps/a.yaml', line: 3 }),
      { kind: 'updates', live: SEEN },
      each,
    ),
  );
  return makePlan(someFacts({ candidates, target: aTarget({ adopt }) })).warnings;
};

describe('an object that exists before its first apply is', () => {
  it('adopted if nothing owns it, which the plan warns of', () => {
    expect(warningsOf([live()])).toEqual([
      {
        code: 'adopted',
        subject: 'apps/a.yaml:3',
        message: 'ConfigMap shop/a0 already existed and is managed by this target from now on',
        remedy: 'These are deleted when they leave Git. To keep one, annotate it with headgate.dev/prune: "false".',
      },
    ]);
  });

  it('adopted from its former owner, if the target may do that', () => {
    expect(warningsOf([live({ annotations: { 'meta.helm.sh/release-name': 'shop' } })], true)).toHaveLength(1);
  });

  it('not adopted if the inventory has it, if it has our label, or if Headgate made it and released it', () => {
    const labeled = live({ labels: { 'applyset.kubernetes.io/part-of': SET } });
    expect(warningsOf([null, labeled, live({ managedFields: [OURS] })])).toEqual([]);
  });

  it('named in one warning with all others', () => {
    const [warning, ...others] = warningsOf([live(), live(), live(), live(), live()]);
    expect(others).toEqual([]);
    expect(warning?.message).toContain(
      'ConfigMap shop/a0, ConfigMap shop/a1, ConfigMap shop/a2 and 2 more already existed',
    );
  });
});
