import type { Problem } from '../../error/deploy-error.ts';
import { canonicalJson } from '../../resource/json.ts';
import { formatPosition, metadataMap } from '../../resource/resource.ts';
import type { Manifest } from '../../resource/resource.ts';

/** Refuses objects that differ between two renders of the same files, except create-only objects. */
export function refuseDifferences(first: readonly Manifest[], second: readonly Manifest[]): readonly Problem[] {
  const others = new Map(second.map((manifest) => [keyOf(manifest), canonicalJson(manifest.object)]));
  return first
    .filter((manifest) => others.get(keyOf(manifest)) !== canonicalJson(manifest.object) && !isCreateOnly(manifest))
    .map((manifest) => ({
      code: 'render-refused',
      subject: formatPosition(manifest.source),
      message: `${manifest.kind} ${manifest.name} is not reproducible: two renders of the same files differ`,
      remedy:
        'Set the value explicitly instead of generating it, or annotate the object with headgate.dev/apply: create-only.',
    }));
}

function keyOf({ apiVersion, kind, namespace, name }: Manifest): string {
  return JSON.stringify([apiVersion, kind, namespace, name]);
}

function isCreateOnly({ object }: Manifest): boolean {
  return metadataMap(object, 'annotations')['headgate.dev/apply'] === 'create-only';
}
