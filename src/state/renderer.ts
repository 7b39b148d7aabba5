/** What rendered a target. Another version or chart may render other manifests from the same files. */
export type Renderer =
  | { readonly kind: 'plain' }
  | { readonly kind: 'kustomize'; readonly version: string }
  /** `chartDigest`: `sha256:…` of a pulled chart; null if the chart is in the repository. */
  | { readonly kind: 'helm'; readonly version: string; readonly chartDigest: string | null }
  /** One that this package does not have. */
  | { readonly kind: 'given'; readonly name: string; readonly version: string };

export const PLAIN: Renderer = { kind: 'plain' };

/** Is the target rendered as a whole? Then its inputs, not its tree, decide whether it is up to date. */
export function rendersWhole({ kind }: Renderer): boolean {
  return kind !== 'plain';
}

export function isSameRenderer(a: Renderer, b: Renderer): boolean {
  if (a.kind === 'plain' || b.kind === 'plain') return a.kind === b.kind;
  return a.kind === b.kind && a.version === b.version && detailOf(a) === detailOf(b);
}

function detailOf(renderer: Renderer): string | null {
  if (renderer.kind === 'given') return renderer.name;
  return renderer.kind === 'helm' ? renderer.chartDigest : null;
}
