import type { Revision } from '../../snapshot/source.ts';
import { deliveryOf } from '../ports/request.ts';
import type { DeployRequest } from '../ports/request.ts';
import type { RunOutcome, Runtime } from '../ports/runtime.ts';
import { resolveRecipient } from '../targets/resolve-recipient.ts';
import { mergeRequests, triesOf } from './merge-requests.ts';
import { runTarget } from './run-target.ts';

/** Runs the requests of one group that arrived together. The tip is read from Git, so one run serves all requests of a target. */
export async function runRequests(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<RunOutcome> {
  // Two directories that resolve to one name share a group but are two targets: each gets its own run, which reports that.
  const byOrigin = Map.groupBy(requests, ({ generatedFrom: from }) =>
    JSON.stringify([from?.template ?? null, from?.directory ?? null]),
  );
  let outcome: RunOutcome = { kind: 'done', report: null };
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
): Promise<RunOutcome> {
  const newest = requests.at(-1);
  if (newest === undefined) return { kind: 'done', report: null };
  const recipient = resolveRecipient(newest, runtime.config);
  const { generatedFrom: _from, ...merged } = mergeRequests(newest, requests);
  switch (recipient.kind) {
    case 'target':
      return runTarget({ ...merged, target: recipient.target, leftPending: leftPending(requests) }, runtime, signal);
    case 'template': {
      const { runTemplate } = await import('../targets/run-template.ts');
      return runTemplate(recipient.template, merged, runtime, signal);
    }
    case 'refused': {
      const { runRefused } = await import('../targets/run-template.ts');
      return runRefused(recipient.refused, merged, runtime, signal);
    }
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

/**
 * The older commits that failed runs of these requests may have left pending: while the state cannot be written, only the queue
 * remembers them. A request that always failed together with a newer one was never the one that was reported.
 */
function leftPending(requests: readonly DeployRequest[]): readonly Revision[] {
  const named = requests.filter(({ hint }) => hint !== null);
  return named.flatMap((request, index) => {
    const newer = named[index + 1];
    const hasFailedAlone = newer !== undefined && triesOf(request) > Math.max(1, triesOf(newer));
    return hasFailedAlone && request.hint !== null ? [request.hint.revision] : [];
  });
}
