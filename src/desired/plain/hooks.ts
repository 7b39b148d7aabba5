import { argoHookOf } from '../../resource/argo-hook.ts';
import { isObject, metadataMap } from '../../resource/resource.ts';
import type { Manifest } from '../../resource/resource.ts';
import type { Desired } from './plain.ts';

/** Far outside the range of waves that people write. */
export const FAR = 1_000_000;

/** Turns Argo CD's hooks into ordinary objects: in waves before and after the others, or left alone. */
export function argoHooksInOrder(desired: Desired): Desired {
  return { ...desired, manifests: desired.manifests.map((manifest) => argoHookInOrder(manifest)) };
}

const BASES = { before: -FAR, with: 0, after: FAR } as const;

function argoHookInOrder(manifest: Manifest): Manifest {
  const hook = argoHookOf(manifest.object);
  if (hook === null) return manifest;
  if (hook.when === 'never') return withAnnotations(manifest, { 'headgate.dev/apply': 'ignore' });
  const wave = Number(metadataMap(manifest.object, 'annotations')['argocd.argoproj.io/sync-wave'] ?? '0');
  return asHook(manifest, BASES[hook.when] + (Number.isSafeInteger(wave) ? wave : 0));
}

/** A changed hook Job is replaced, as in Helm and Argo CD, which delete the previous one. */
export function asHook(manifest: Manifest, wave: number): Manifest {
  return withAnnotations(manifest, { 'headgate.dev/wave': String(wave), 'headgate.dev/replace': 'immutable' });
}

/** The manifest's own annotations win. */
function withAnnotations(manifest: Manifest, added: Readonly<Record<string, string>>): Manifest {
  const metadata = isObject(manifest.object['metadata']) ? manifest.object['metadata'] : {};
  const annotations = { ...added, ...metadataMap(manifest.object, 'annotations') };
  return { ...manifest, object: { ...manifest.object, metadata: { ...metadata, annotations } } };
}
