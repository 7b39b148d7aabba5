import type { Trigger } from '../request.ts';

/** Something happened that pull requests are planned or previewed for. Plain JSON: it is the body of a queue message. Only a hint. */
export type PlanRequest = {
  /** The message group: `plan/<repository>/<number>`, or `plan/<repository>` for all of its pull requests. */
  readonly target: string;
  /** The repository's name in headgate.yml. */
  readonly repository: string;
  readonly trigger: Trigger;
  /** RFC 3339. */
  readonly at: string;
} & (
  | {
      readonly kind: 'plan';
      readonly pullRequest: number;
      /** The id of a comment with a command; null: it was opened or changed, or its branch moved. */
      readonly comment: string | null;
    }
  /** Its preview may have to be deployed, deleted or shown. `resumes`: deploy it although it waits. */
  | { readonly kind: 'preview'; readonly pullRequest: number; readonly resumes: boolean }
  /** These targets were deployed, so what was shown of them may no longer be true. */
  | { readonly kind: 'refresh'; readonly deployed: readonly string[] }
);

export type PlanOfOne = Extract<PlanRequest, { kind: 'plan' }>;
export type PreviewRequest = Extract<PlanRequest, { kind: 'preview' }>;
export type Refresh = Extract<PlanRequest, { kind: 'refresh' }>;

/** Queues plans and previews of pull requests. */
export interface PlanQueue {
  /** Rejects with `queue-unreachable`; after it resolved, no request is lost by a crash. */
  send(requests: readonly PlanRequest[], afterMs: number, signal: AbortSignal): Promise<void>;
}

export function planGroupOf(repository: string, pullRequest: number | null): string {
  return pullRequest === null ? `plan/${repository}` : `plan/${repository}/${pullRequest}`;
}

export function isPlanGroup(group: string): boolean {
  return group.startsWith(planGroupOf('', null));
}
