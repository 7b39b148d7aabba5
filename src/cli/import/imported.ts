import type { Clone } from '../init/read-clone.ts';
import type { Fields, ForeignObject } from './foreign-object.ts';
import type { Remark } from './remarks.ts';

/** An object that a path of the repository defines, or that the other tool has deployed from it. */
export interface DeployedObject {
  readonly group: string;
  readonly kind: string;
  /** Null: it is cluster-scoped, or names none. */
  readonly namespace: string | null;
  readonly name: string;
  readonly isClusterScoped: boolean;
}

/** What is at a path of the clone. */
export interface ClonedPath {
  readonly renderer: 'plain' | 'kustomize' | 'helm';
  /** Null: not known. */
  readonly objects: readonly DeployedObject[] | null;
}

/** Everything that was read of the other tool. Plain data. */
export interface ForeignInstallation {
  readonly objects: readonly ForeignObject[];
  /** The name of the cluster in headgate.yml. */
  readonly cluster: string;
  /** The contexts of the kubeconfig, for destinations on other clusters. */
  readonly contexts: readonly string[];
  /** The clone that the objects were read from; null: they were read from the cluster. */
  readonly clone: Pick<Clone, 'files'> | null;
  /** What HEAD means. */
  readonly branch: string;
  /** By path, for the paths of the clone that the objects name. */
  readonly contents: ReadonlyMap<string, ClonedPath>;
}

export interface ImportedRepository {
  readonly name: string;
  readonly host: string;
  readonly url: string;
}

/** An entry of `targets`, with its keys in their order. */
export interface ImportedTarget {
  /** The object that it comes from. */
  readonly from: string;
  readonly settings: Fields & { readonly name: string };
  /** It cannot be written without something that is not known: it is written as a comment. */
  readonly isIncomplete: boolean;
}

/** The equal of the other tool's objects. */
export interface Imported {
  /** The contexts of the kubeconfig that targets on other clusters use; they name the clusters too. */
  readonly otherContexts: readonly string[];
  readonly repositories: readonly ImportedRepository[];
  readonly targets: readonly ImportedTarget[];
  readonly remarks: readonly Remark[];
}
