import type { JsonObject } from '../../../resource/resource.ts';

/** What the namespace of a preview says about itself, in an annotation. */
export interface PreviewRecord {
  /** The URL of the repository: two installations may share a cluster. */
  readonly repository: string;
  readonly pullRequest: number;
  /** The entry of headgate.yml: `shop-pr-{{number}}`. */
  readonly preview: string;
  /** The newest commit that was seen, and when it was seen first, RFC 3339. */
  readonly head: string;
  readonly since: string;
}

/** A namespace that was created for a preview. */
export interface PreviewNamespace {
  readonly name: string;
  readonly uid: string;
  readonly record: PreviewRecord;
  /** Its uid is recorded. If not, the process that created it is about to do so, or has died, and nothing was deployed to it. */
  readonly isComplete: boolean;
  readonly isTerminating: boolean;
}

/** Objects that may show at which address a preview answers. */
export interface ExposedObjects {
  readonly ingresses: readonly JsonObject[];
  readonly routes: readonly JsonObject[];
  readonly services: readonly JsonObject[];
}

/** The namespaces of previews in one cluster. @throws DeployError when the cluster refuses, or does not answer */
export interface PreviewNamespaces {
  /** Of every repository. Those whose record is not as Headgate wrote it, or is of another namespace, are left out. */
  list(signal: AbortSignal): Promise<readonly PreviewNamespace[]>;
  /** Whether it does not exist. */
  isFree(namespace: string, signal: AbortSignal): Promise<boolean>;
  /** `name`: of the target. `record` completes it. Null: it exists, and was not created for this preview. */
  create(
    namespace: string,
    of: { readonly name: string; readonly record: PreviewRecord },
    signal: AbortSignal,
  ): Promise<PreviewNamespace | null>;
  /** Replaces the record, and completes it. */
  record(namespace: PreviewNamespace, record: PreviewRecord, signal: AbortSignal): Promise<void>;
  /** Deletes it with all that it contains, if it still is the one that was created here. */
  remove(namespace: PreviewNamespace, signal: AbortSignal): Promise<void>;
  exposed(namespace: string, signal: AbortSignal): Promise<ExposedObjects>;
}
