import type { Problem } from '../error/deploy-error.ts';
import { formatId, formatPosition, metadataMap } from '../resource/resource.ts';
import type { Candidate } from './facts.ts';

/** Annotations that will mean something, and that nobody should believe to mean it already. */
const NOT_BUILT: readonly string[] = [
  'headgate.dev/wave',
  'argocd.argoproj.io/sync-wave',
  'config.kubernetes.io/depends-on',
];

export function warnNotBuilt(candidates: readonly Candidate[]): readonly Problem[] {
  return candidates.flatMap(({ resource }) => {
    const annotations = metadataMap(resource.object, 'annotations');
    return NOT_BUILT.filter((key) => key in annotations).map((key) => ({
      code: 'not-built' as const,
      subject: formatPosition(resource.source),
      message: `${formatId(resource.id)} carries ${key}, which has no effect yet`,
      remedy: 'Objects are applied in the order of their kinds; push what has to wait in a second commit.',
    }));
  });
}
