import type { Repository } from '../../config/checked/config.ts';
import { commitStatus } from './report.ts';
import { deliveryOf } from '../ports/request.ts';
import type { Recipient, DeployRequest } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';

/** The last word on a request that the queue gave up on. */
export async function reportDead(request: DeployRequest, runtime: Runtime, signal: AbortSignal): Promise<void> {
  const { target, trigger, hint } = request;
  const delivery = deliveryOf(trigger);
  runtime.log({ level: 'error', message: 'dead-letter', target, delivery, revision: hint?.revision ?? null });
  const repository = repositoryOf(request, runtime.config);
  if (repository === null || hint === null) return;
  const statuses = await runtime.openStatuses(repository);
  const description = `Headgate gave up after its last retry: see its log for delivery ${delivery}`;
  await statuses?.set(hint.revision, commitStatus(target, 'error', description), signal);
}

/** Suspended or not: the commit was called pending. */
function repositoryOf(
  { target: name, generatedFrom: from }: Recipient,
  { targets, templates }: Runtime['config'],
): Repository | null {
  const settings =
    from === undefined
      ? targets.find((target) => target.name === name)
      : templates.find((template) => template.name === from.template)?.settings;
  return settings?.repository ?? null;
}
