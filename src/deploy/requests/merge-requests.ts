import { isCausedByRun } from '../ports/request.ts';
import type { DeployRequest } from '../ports/request.ts';

/** Deliveries and commands go before the sweep, and drift comes last: it will be detected again. */
export function mergeRequests(newest: DeployRequest, requests: readonly DeployRequest[]): DeployRequest {
  const forTip = requests.filter(({ drift }) => drift === undefined);
  const chosen = forTip.findLast(({ trigger }) => trigger.kind !== 'sweep') ?? forTip.at(-1) ?? newest;
  const hint = requests.findLast((request) => request.hint !== null)?.hint ?? null;
  const tries = Math.max(...requests.map((request) => triesOf(request)));
  // Of several approvals, only the newest may mean the plan of now.
  const approval = requests.findLast((request) => request.approval !== undefined)?.approval;
  const approved = approval === undefined ? {} : { approval };
  return { ...chosen, hint, tries, at: sentAt(chosen, requests), ...approved, ...wakesOf(requests) };
}

/**
 * A retried run may have died after its last write and before it reported that. Among newer requests, its commit would seem to
 * have been reported before any of them arrived, so the oldest time counts.
 */
function sentAt(chosen: DeployRequest, requests: readonly DeployRequest[]): string {
  const retried = requests.filter((request) => triesOf(request) > 1).map(({ at }) => at);
  return [chosen.at, ...retried].toSorted((a, b) => Date.parse(a) - Date.parse(b))[0] ?? chosen.at;
}

/**
 * A request that no other run caused begins a new chain. Among others, a request of the sweep does not count: it would make the
 * run back off, and the next sweep sends it again.
 */
function wakesOf(requests: readonly DeployRequest[]): Pick<DeployRequest, 'wakes' | 'wokenBy'> {
  const wakes = new Map(requests.flatMap((request) => (request.wakes ?? []).map((each) => [each.target, each])));
  const causes = requests.filter((request) => request.trigger.kind !== 'sweep' || isCausedByRun(request));
  const chains = causes.map(({ wokenBy = [] }) => wokenBy).toSorted((a, b) => a.length - b.length);
  return { wakes: [...wakes.values()], wokenBy: chains[0] ?? [] };
}

/** A command's request is tried once. */
export function triesOf({ tries = 1 }: DeployRequest): number {
  return tries;
}
