import type { TargetSettings } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { deliveryOf } from '../ports/request.ts';
import type { DeployRequest, Recipient } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import { openReporter } from './open-reporter.ts';

/** Reports a request that the queue gave up on. @throws DeployError when an awaited channel fails, so that it is retried. */
export async function reportDead(request: DeployRequest, runtime: Runtime, signal: AbortSignal): Promise<void> {
  const { target, trigger, hint } = request;
  const delivery = deliveryOf(trigger);
  const settings = settingsOf(request, runtime.config);
  const repository = settings?.repository ?? null;
  const isNamed = repository !== null && hint !== null;
  const statuses = isNamed ? await runtime.openStatuses(repository) : null;
  const { log, channels: others } = runtime;
  const { report } = openReporter(
    { target, repository: repository?.name ?? '', trigger, notify: settings?.notify ?? [], requestedAt: request.at },
    { cluster: null, git: null, statuses, log, others },
  );
  const [undelivered] = await report(
    {
      kind: 'gave-up',
      on: 'run',
      revision: hint?.revision ?? null,
      reason: `Headgate gave up after the last retry: see its log for delivery ${delivery}`,
      isStatusFinal: false,
      durationMs: runtime.nowMs() - Date.parse(request.at),
    },
    signal,
  );
  if (undelivered !== undefined) throw new DeployError(undelivered.code, undelivered);
}

/** Also for a suspended target: its commit may be pending. */
function settingsOf(
  { target: name, generatedFrom }: Recipient,
  { targets, templates }: Runtime['config'],
): TargetSettings | null {
  return (
    (generatedFrom === undefined
      ? targets.find((target) => target.name === name)
      : templates.find((template) => template.name === generatedFrom.template)?.settings) ?? null
  );
}
