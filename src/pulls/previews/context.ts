import type { Preview, Repository, Target } from '../../config/checked/config.ts';
import type { PreviewHead } from '../../config/templates/preview-target.ts';
import type { Deployments } from '../../deploy/ports/githost/deployments.ts';
import type { TargetRequest } from '../../deploy/ports/request.ts';
import type { RunOutcome, Runtime } from '../../deploy/ports/runtime.ts';
import type { PreviewNamespaces } from '../../deploy/ports/previews/preview-namespaces.ts';
import type { PlanContext } from '../plan/context.ts';

/** The external dependencies of previews. */
export interface PreviewContext extends PlanContext {
  /** With Headgate's own rights, whatever service account the target has. */
  readonly openNamespaces: (target: Target) => Promise<PreviewNamespaces>;
  /** Null: the host has no deployments. */
  readonly openDeployments: (repository: Repository) => Promise<Deployments | null>;
  /** Carries out a run. A command waits for its readiness too. */
  readonly run: (request: TargetRequest, runtime: Runtime, signal: AbortSignal) => Promise<RunOutcome>;
  /** One at a time for each entry, within one process, so that few of them compete for the last place. */
  readonly inTurn: <Result>(preview: string, work: () => Promise<Result>) => Promise<Result>;
}

/** One preview of one pull request. */
export interface PreviewOfOne {
  readonly preview: Preview;
  readonly head: PreviewHead;
  readonly target: Target;
}
