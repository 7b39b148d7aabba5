import type { JsonObject } from '../../resource/resource.ts';

/** The renderers that are programs of their own. What goes in is all that they see, and nothing stays behind. */
export interface Tools {
  /** `v1.36.3`: with another version the same files may render to something else. */
  versionOf(renderer: 'kustomize' | 'helm', signal: AbortSignal): Promise<string>;
  /** What `kubectl kustomize` prints. @throws DeployError `render-failed`, `render-limit`, `tool-missing` */
  kustomize(build: KustomizeBuild, signal: AbortSignal): Promise<Uint8Array>;
  /** What `helm template` prints. */
  template(template: HelmTemplate, signal: AbortSignal): Promise<Uint8Array>;
  /** Gets a chart from where it is published, once; its digest, `sha256:…`. */
  pull(chart: ChartFrom, signal: AbortSignal): Promise<string>;
}

export type ChartFrom =
  | { readonly kind: 'repository'; readonly url: string; readonly chart: string; readonly version: string }
  | { readonly kind: 'oci'; readonly url: string; readonly version: string };

export interface HelmTemplate {
  readonly files: readonly RenderFile[];
  readonly chart: { readonly directory: string } | { readonly digest: string };
  readonly release: string;
  readonly namespace: string;
  /** Files with values, in order. */
  readonly values: readonly string[];
  /** Values above all of them. */
  readonly set: JsonObject;
  /** Of the cluster: `v1.37.2`. */
  readonly version: string;
  readonly apiVersions: readonly string[];
  /** What an error is about when it names no template, and the name that templates begin with. */
  readonly file: string;
  readonly name: string;
}

export interface RenderFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface KustomizeBuild {
  readonly files: readonly RenderFile[];
  /** The directory that is built, and its kustomization file. */
  readonly directory: string;
  readonly file: string;
  readonly loadRestrictor: 'root-only' | 'none';
  readonly usesHelm: boolean;
  readonly usesRemote: boolean;
}
