import type { Problem } from '../../error/deploy-error.ts';
import { argoHookOf } from '../../resource/argo-hook.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Candidate } from '../model/facts.ts';

/** Names the Argo CD hooks that are never applied here. */
export function warnIgnoredHook({ resource, observation }: Candidate): readonly Problem[] {
  const hook = argoHookOf(resource.object);
  if (hook?.when !== 'never' || observation.kind !== 'left-alone') return [];
  return [
    {
      code: 'hook-ignored',
      subject: formatPosition(resource.source),
      message: `${formatId(resource.id)} is not applied: it is an Argo CD hook (${hook.written})`,
      remedy: 'Remove the annotation argocd.argoproj.io/hook if it should be applied.',
    },
  ];
}
