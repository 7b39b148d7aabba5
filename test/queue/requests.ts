import type { CheckRequest } from '../../src/deploy/ports/check-request.ts';
import type { DeployRequest } from '../../src/deploy/ports/request.ts';
import type { Revision } from '../../src/snapshot/source.ts';

export function aRequest(target: string, delivery = '1'): DeployRequest {
  return { target, trigger: { kind: 'delivery', id: delivery }, hint: null, at: '2026-01-01T00:00:00Z' };
}

export const CHECK: CheckRequest = {
  target: 'shop',
  trigger: { kind: 'delivery', id: 'd' },
  revision: 'a'.repeat(40) as Revision,
  sinceMs: 1,
  beganMs: 1,
  counts: { created: 1, updated: 2, pruned: 3 },
  objects: [
    {
      apiVersion: 'apps/v1',
      id: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
      mayVanish: false,
    },
  ],
  total: 2,
  attempt: 3,
  reported: 'not-ready',
  statusIsFinal: true,
  resumesRun: false,
};
