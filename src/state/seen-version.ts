/** The version of an object that was seen, as the API server numbers it. */
export type SeenVersion =
  /** Any version matches: the object only has to exist. */
  | { readonly kind: 'any' }
  /** `resourceVersion`: for kinds without a generation. */
  | { readonly kind: 'generation' | 'resourceVersion'; readonly value: string; readonly hasFinished: boolean }
  /** A Job or Pod that finished and was deleted before any version of it was recorded. */
  | { readonly kind: 'finished' };

export function isSameVersion(a: SeenVersion, b: SeenVersion): boolean {
  if (!isNumbered(a) || !isNumbered(b)) return a.kind === b.kind;
  return a.kind === b.kind && a.value === b.value && a.hasFinished === b.hasFinished;
}

export function hasFinished(version: SeenVersion): boolean {
  return isNumbered(version) ? version.hasFinished : version.kind === 'finished';
}

/** The same version, marked as finished. */
export function asFinished(version: SeenVersion | null): SeenVersion {
  return version !== null && isNumbered(version) ? { ...version, hasFinished: true } : { kind: 'finished' };
}

function isNumbered(version: SeenVersion): version is Extract<SeenVersion, { readonly value: string }> {
  return version.kind === 'generation' || version.kind === 'resourceVersion';
}
