/** Which writing of an object was seen, as the API server numbers them. */
export type SeenVersion =
  /** Any will do: the object only has to exist. */
  | { readonly kind: 'any' }
  /** `resourceVersion`: of kinds without a generation. */
  | { readonly kind: 'generation' | 'resourceVersion'; readonly value: string; readonly hasFinished: boolean }
  /** Of a Job or Pod that ran to its end and vanished before any version of it was recorded. */
  | { readonly kind: 'finished' };

export function isSameVersion(a: SeenVersion, b: SeenVersion): boolean {
  if (!isNumbered(a) || !isNumbered(b)) return a.kind === b.kind;
  return a.kind === b.kind && a.value === b.value && a.hasFinished === b.hasFinished;
}

export function hasFinished(version: SeenVersion): boolean {
  return isNumbered(version) ? version.hasFinished : version.kind === 'finished';
}

/** The same version of an object that is known to have run to its end. */
export function asFinished(version: SeenVersion | null): SeenVersion {
  return version !== null && isNumbered(version) ? { ...version, hasFinished: true } : { kind: 'finished' };
}

function isNumbered(version: SeenVersion): version is Extract<SeenVersion, { readonly value: string }> {
  return version.kind === 'generation' || version.kind === 'resourceVersion';
}
