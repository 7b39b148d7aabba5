import { expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { heldValues } from '../../../src/plan/refusals/held-values.ts';
import { aCandidate, aResource, someFacts } from '../builders.ts';

it('names the default PriorityClass that leaves Git in the push of another one', () => {
  const priority = (name: string) =>
    aResource('PriorityClass', name, { group: 'scheduling.k8s.io', namespace: '', object: { globalDefault: true } });
  const { id, object } = priority('old');
  const holders = [{ id, values: heldValues(id, object) }];
  const plan = makePlan(someFacts({ candidates: [aCandidate(priority('new'), { kind: 'creates' })], holders }));
  expect(plan.refusals).toMatchObject([
    { code: 'delete-first', subject: 'apps/new.yaml:1', remedy: expect.stringContaining('old first') },
  ]);
});
