import { escapeInvisible } from '../../error/visible-text.ts';
import { stringifyJson } from '../../resource/json.ts';
import { changeJson, fieldsJson } from './format-change.ts';
import type { ShownPlan } from '../../deploy/show/shown-plan.ts';

/** For programs: the contract is in docs/operations.md. */
export function formatJson({ target, revision, directory, pullRequest, previous, ...plan }: ShownPlan): string {
  const { hash, changes, refusals, waitingFor, warnings } = plan;
  return escapeInvisible(
    stringifyJson({
      target,
      revision,
      ...(directory === null ? {} : { directory }),
      ...(pullRequest === null ? {} : { pullRequest: { ...pullRequest } }),
      previous,
      hash,
      changes: changes.map((change) => ({
        ...changeJson(change),
        ...(change.restarts ? { restarts: true } : {}),
        ...(change.fields.length === 0 ? {} : { diff: fieldsJson(change) }),
      })),
      refusals: refusals.map((refusal) => ({ ...refusal })),
      ...(waitingFor.length === 0 ? {} : { waitingFor }),
      ...(warnings.length === 0 ? {} : { warnings: warnings.map((warning) => ({ ...warning })) }),
    }),
  );
}
