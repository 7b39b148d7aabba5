import type { JsonObject } from '../resource/resource.ts';
import { conditionOf, generationOf, numberAt, objectAt, textAt } from './fields.ts';
import { READY, progressing } from './readiness.ts';
import type { Health, HealthContext } from './readiness.ts';

export function jobHealth(job: JsonObject): Health {
  if (conditionOf(job, 'Complete')?.status === 'True') return READY;
  const failed = conditionOf(job, 'Failed');
  if (failed?.status === 'True') return { kind: 'failed', reason: `${failed.reason}: ${failed.message}` };
  // The condition lags behind spec.suspend: by itself it would make a resumed, running Job look suspended, and so ready.
  const isSuspended = conditionOf(job, 'Suspended')?.status === 'True' && objectAt(job, 'spec')['suspend'] === true;
  if (isSuspended) return READY;
  const status = objectAt(job, 'status');
  if (textAt(status, 'startTime') === '') return progressing('it has not started yet');
  return progressing(`it is running: ${numberAt(status, 'succeeded') ?? 0} succeeded`);
}

export function volumeClaimHealth(claim: JsonObject, { waitsForConsumer }: HealthContext): Health {
  const phase = textAt(objectAt(claim, 'status'), 'phase');
  if (phase === 'Bound' || waitsForConsumer) return READY;
  return progressing(`it is ${phase === '' ? 'not bound yet' : phase.toLowerCase()}`);
}

/** Waits only for the cluster IP: a load balancer's external address depends on its provider and may take long. */
export function serviceHealth(service: JsonObject): Health {
  const spec = objectAt(service, 'spec');
  if (spec['type'] !== 'LoadBalancer' || textAt(spec, 'clusterIP') !== '') return READY;
  return progressing('it has no cluster IP yet');
}

export function crdHealth(definition: JsonObject): Health {
  const names = conditionOf(definition, 'NamesAccepted');
  if (names?.status === 'False') return { kind: 'failed', reason: `${names.reason}: ${names.message}` };
  if (conditionOf(definition, 'Established')?.status === 'True') return READY;
  return progressing('it is not served yet');
}

export function disruptionBudgetHealth(budget: JsonObject): Health {
  const observed = numberAt(objectAt(budget, 'status'), 'observedGeneration');
  return observed !== null && observed === generationOf(budget)
    ? READY
    : progressing('its controller has not observed it yet');
}
