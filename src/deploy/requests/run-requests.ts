import { deliveryOf } from '../ports/request.ts';
import type { DeployRequest } from '../ports/request.ts';
import type { Outcome, Runtime } from '../ports/runtime.ts';
import { resolveRecipient } from '../targets/resolve-recipient.ts';
import { runRefused, runTemplate } from '../targets/run-template.ts';
import { runTarget } from './run-target.ts';

/** Runs the requests of one group that arrived together. The tip is read from Git, so one run serves all requests of a target. */
export async function runRequests(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  // Two directories that resolve to one name share a group but are two targets: each gets its own run, which reports that.
  const byOrigin = Map.groupBy(requests, ({ generatedFrom: from }) =>
    JSON.stringify([from?.template ?? null, from?.directory ?? null]),
  );
  let outcome: Outcome = { kind: 'done', report: null };
  for (const ofOne of byOrigin.values()) {
    const next = await runTogether(ofOne, runtime, signal);
    if (outcome.kind === 'done') outcome = next;
  }
  return outcome;
}

async function runTogether(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  const newest = requests.at(-1);
  if (newest === undefined) return { kind: 'done', report: null };
  const recipient = resolveRecipient(newest, runtime.config);
  const { generatedFrom: _from, ...merged } = merge(newest, requests);
  switch (recipient.kind) {
    case 'target':
      return runTarget({ ...merged, target: recipient.target }, runtime, signal);
    case 'template':
      return runTemplate(recipient.template, merged, runtime, signal);
    case 'refused':
      return runRefused(recipient.refused, merged, runtime, signal);
    case 'none': {
      const { target, trigger } = newest;
      const delivery = deliveryOf(trigger);
      runtime.log({ level: 'warn', message: 'ignored', target, delivery, reason: recipient.reason });
      return { kind: 'done', report: null };
    }
    default:
      return recipient satisfies never;
  }
}

/** Deliveries and commands go before the sweep, and drift comes last: it will be detected again. */
function merge(newest: DeployRequest, requests: readonly DeployRequest[]): DeployRequest {
  const forTip = requests.filter(({ drift }) => drift === undefined);
  const chosen = forTip.findLast(({ trigger }) => trigger.kind !== 'sweep') ?? forTip.at(-1) ?? newest;
  const hint = requests.findLast((request) => request.hint !== null)?.hint ?? null;
  return { ...chosen, hint };
}
