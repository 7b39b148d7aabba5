import type { Preview, Target } from '../../config/checked/config.ts';
import type { PreviewHead } from '../../config/templates/preview-target.ts';
import type { PreviewNamespaces } from '../../deploy/ports/previews/preview-namespaces.ts';
import type { PlanContext } from '../plan/context.ts';

/** The external dependencies of previews. */
export interface PreviewContext extends PlanContext {
  /** With Headgate's own rights, whatever service account the target has. */
  readonly openNamespaces: (target: Target) => Promise<PreviewNamespaces>;
  /** One at a time for each entry: two pull requests must not both take the last place. */
  readonly inTurn: <Result>(preview: string, work: () => Promise<Result>) => Promise<Result>;
}

/** One preview of one pull request. */
export interface PreviewOfOne {
  readonly preview: Preview;
  readonly head: PreviewHead;
  readonly target: Target;
}
