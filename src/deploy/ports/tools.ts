import type { findReferences } from '../../images/edit/find-references.ts';
import type { namedImages } from '../../images/edit/named-images.ts';
import type { scalarAt } from '../../images/edit/scalar-at.ts';
import type { chartNameOf, readTemplated } from '../../desired/helm/chart.ts';
import type { readDependencies } from '../../desired/helm/dependencies.ts';
import type { refuseForeignSchemas } from '../../desired/helm/schema.ts';
import type { valuesInConfigMap } from '../../desired/helm/values.ts';
import type { readRendered } from '../../desired/kustomize/rendered.ts';
import type { walkKustomization } from '../../desired/kustomize/walk.ts';
import type { renderPlain } from '../../desired/plain/plain.ts';
import type { envelopeOf, verifyFile } from '../../desired/sops/decrypt.ts';
import type { lineOfField } from '../../resource/field-line.ts';
import type { JsonObject } from '../../resource/resource.ts';
import type { GivenRenderer } from '../../desired/plain/given-renderer.ts';

/** The external renderers. They see nothing but their input, and leave nothing behind. */
export interface Tools {
  /** `v1.36.3`. Another version may render the same files differently. */
  versionOf(renderer: 'kustomize' | 'helm', signal: AbortSignal): Promise<string>;
  /** The output of `kubectl kustomize`. @throws DeployError `render-failed`, `render-limit`, `tool-missing` */
  kustomize(build: KustomizeBuild, signal: AbortSignal): Promise<Uint8Array>;
  /** The output of `helm template`. */
  template(template: HelmTemplate, signal: AbortSignal): Promise<Uint8Array>;
  /** Downloads a published chart once; returns its digest, `sha256:…`. */
  pull(chart: ChartFrom, signal: AbortSignal): Promise<string>;
  /** The bytes of a chart that was pulled, by its digest. */
  archive(digest: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Renderers that this package does not have. Absent: none. */
  readonly given?: readonly GivenRenderer[];
}

export type ChartFrom =
  | { readonly kind: 'repository'; readonly url: string; readonly chart: string; readonly version: string }
  | { readonly kind: 'oci'; readonly url: string; readonly version: string };

export interface HelmTemplate {
  readonly files: readonly RenderFile[];
  readonly chart: { readonly directory: string } | { readonly digest: string };
  readonly release: string;
  readonly namespace: string;
  /** Values files, in order. */
  readonly values: readonly string[];
  /** Values that override them. */
  readonly set: JsonObject;
  /** Of the cluster: `v1.37.2`. */
  readonly version: string;
  readonly apiVersions: readonly string[];
  /** The subject of an error that names no template, and the prefix of template names. */
  readonly file: string;
  readonly name: string;
}

export interface RenderFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface KustomizeBuild {
  readonly files: readonly RenderFile[];
  /** The directory to build, and its kustomization file. */
  readonly directory: string;
  readonly file: string;
  readonly loadRestrictor: 'root-only' | 'none';
  readonly usesHelm: boolean;
  readonly usesRemote: boolean;
}

/** Pure functions that parse what was pushed. Their parameters and results are plain data. */
export interface ReaderFunctions {
  readonly chartNameOf: typeof chartNameOf;
  readonly envelopeOf: typeof envelopeOf;
  readonly findReferences: typeof findReferences;
  readonly lineOfField: typeof lineOfField;
  readonly namedImages: typeof namedImages;
  readonly readDependencies: typeof readDependencies;
  readonly readRendered: typeof readRendered;
  readonly readTemplated: typeof readTemplated;
  readonly refuseForeignSchemas: typeof refuseForeignSchemas;
  readonly renderPlain: typeof renderPlain;
  readonly scalarAt: typeof scalarAt;
  readonly valuesInConfigMap: typeof valuesInConfigMap;
  readonly verifyFile: typeof verifyFile;
  readonly walkKustomization: typeof walkKustomization;
}

/** Calls them, possibly apart from the event loop, which other runs need too. @throws DeployError `render-limit` */
export type Readers = {
  readonly [Name in keyof ReaderFunctions]: (
    parameters: Parameters<ReaderFunctions[Name]>,
    signal: AbortSignal,
  ) => Promise<ReturnType<ReaderFunctions[Name]>>;
};
