import type { PlannedChange, ShownPlan } from '../../../src/deploy/show/shown-plan.ts';
import type { Revision } from '../../../src/snapshot/source.ts';

export function aChange(op: PlannedChange['op'], name: string): PlannedChange {
  const id = { group: '', kind: 'ConfigMap', namespace: 'shop', name };
  return { op, id, source: `apps/${name}.yaml:1`, fields: [], reason: null, restarts: false };
}

export function aPlan(change: Partial<ShownPlan>): ShownPlan {
  return {
    target: 'shop',
    revision: 'b'.repeat(40) as Revision,
    directory: null,
    pullRequest: null,
    previous: 'a'.repeat(40) as Revision,
    changes: [],
    refusals: [],
    warnings: [],
    waitingFor: [],
    isDeferred: false,
    hash: null,
    ...change,
  };
}
