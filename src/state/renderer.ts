/** What rendered a target. Another version or chart may render other manifests from the same files. */
export type Renderer =
  | { readonly kind: 'plain' }
  | { readonly kind: 'kustomize'; readonly version: string }
  /** `chartDigest`: `sha256:…` of a pulled chart; null if the chart is in the repository. */
  | { readonly kind: 'helm'; readonly version: string; readonly chartDigest: string | null };

export const PLAIN: Renderer = { kind: 'plain' };

/** Is the target rendered as a whole? Then its inputs, not its tree, decide whether it is up to date. */
export function rendersWhole({ kind }: Renderer): boolean {
  return kind !== 'plain';
}

export function isSameRenderer(a: Renderer, b: Renderer): boolean {
  if (a.kind === 'plain' || b.kind === 'plain') return a.kind === b.kind;
  return a.kind === b.kind && a.version === b.version && digestOf(a) === digestOf(b);
}

function digestOf(renderer: Renderer): string | null {
  return renderer.kind === 'helm' ? renderer.chartDigest : null;
}
