import type { Repository } from '../config/config.ts';
import { commitStatus } from './report.ts';
import type { Address, DeployRequest } from './request.ts';
import type { Runtime } from './runtime.ts';

/** The last word on a request that the queue gave up on. */
export async function reportDead(request: DeployRequest, runtime: Runtime, signal: AbortSignal): Promise<void> {
  const { target, delivery, hint } = request;
  runtime.log({ level: 'error', message: 'dead-letter', target, delivery, revision: hint?.revision ?? null });
  const repository = repositoryOf(request, runtime.config);
  if (repository === null || hint === null) return;
  const statuses = await runtime.openStatuses(repository);
  const description = `Headgate gave up after its last retry: see its log for delivery ${delivery}`;
  await statuses?.set(hint.revision, commitStatus(target, 'error', description), signal);
}

/** Suspended or not: the commit was called pending. */
function repositoryOf({ target: name, from }: Address, { targets, rules }: Runtime['config']): Repository | null {
  const settings =
    from === undefined
      ? targets.find((target) => target.name === name)
      : rules.find((rule) => rule.name === from.rule)?.settings;
  return settings?.repository ?? null;
}
