import type { Reception } from '../../deploy/webhook/reception.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import type { WorkHints } from './work-hints.ts';

/** A push loads none of it: only deliveries about pull requests, images and commit statuses do. */
export function lateHints(world: FunctionEnvironment): Pick<Reception, 'plans' | 'pollImages' | 'wakeByStatus'> {
  if (!world.hasWork) return {};
  let loaded: Promise<WorkHints> | null = null;
  const load = () => (loaded ??= import('./work-hints.ts').then(({ workHints }) => workHints(world)));
  return {
    plans: { send: async (...args) => (await load()).plans.send(...args) },
    pollImages: async (...args) => (await load()).pollImages(...args),
    wakeByStatus: async (...args) => (await load()).wakeByStatus(...args),
  };
}

/** An event of EventBridge: a function URL has no such key at the top of its events, so no stranger can send one. */
export function isEvent(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'detail-type' in event;
}
