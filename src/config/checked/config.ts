import type { SecretReference } from '../written/reference.ts';

/** headgate.yml in its checked form: every default filled in, every name resolved, every path relative to a known place. */
export interface Config {
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly targets: readonly Target[];
  /** What makes a target of each directory that it matches; which these are is known where Git is read. */
  readonly templates: readonly TargetTemplate[];
  /** What is accepted but has no effect yet (keys of later versions), each with file and line. */
  readonly warnings: readonly string[];
}

export type ClusterConfig =
  | {
      readonly kind: 'kubeconfig';
      readonly name: string;
      /** Absolute; null means $KUBECONFIG, else ~/.kube/config. */
      readonly path: string | null;
      readonly context: string | null;
      readonly insecure: boolean;
    }
  | {
      readonly kind: 'eks';
      readonly name: string;
      readonly cluster: string;
      readonly region: string;
      readonly role: string | null;
      readonly externalId: string | null;
    };
export type Credentials =
  | { readonly kind: 'token'; readonly token: SecretReference }
  | {
      readonly kind: 'app';
      readonly app: string;
      readonly installation: string;
      readonly privateKey: SecretReference;
    };

export interface Repository {
  readonly name: string;
  readonly host: 'github' | 'git';
  /** As git reads it, without user or password. */
  readonly url: string;
  /** Base of the host's REST API, without a trailing slash; null for plain git. */
  readonly api: string | null;
  /** `acme/fleet`: from the URL; null for plain git. */
  readonly fullName: string | null;
  readonly id: string | null;
  /** At least one for `github`; none for `git`. */
  readonly webhookSecrets: readonly SecretReference[];
  readonly credentials: Credentials | null;
  readonly statuses: boolean;
  /** `http://` beyond loopback is allowed. */
  readonly insecure: boolean;
  /** Absolute path of a PEM file with the private CA. */
  readonly caFile: string | null;
}

/** What one name of a path has to be: the source of a regular expression; null is any directories, also none. */
export type NamePattern = string | null;

export interface ExcludeGlob {
  /** As it is written. */
  readonly glob: string;
  /** Each matches a path name by name: one list, or one for each way to choose from the braces. */
  readonly alternatives: readonly (readonly NamePattern[])[];
}

export interface IgnoreRule {
  readonly group: string | null;
  readonly kind: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  /** JSON pointers (RFC 6901). */
  readonly paths: readonly string[];
}

export type ScalarSetting = string | number | boolean;

export interface HelmSettings {
  /** Without `repository` and `oci` a directory of the repository (null: the target's path); else the chart's name there. */
  readonly chart: string | null;
  readonly version: string | null;
  readonly repository: string | null;
  readonly oci: string | null;
  readonly releaseName: string | null;
  /** Files, relative to the target's path. */
  readonly values: readonly string[];
  readonly set: Readonly<Record<string, ScalarSetting>>;
}

/** What one target and all targets of a rule have alike. */
export interface TargetSettings {
  readonly repository: Repository;
  readonly branch: string;
  /** `refs/heads/<branch>` */
  readonly ref: string;
  readonly inputs: readonly string[];
  readonly role: string | null;
  readonly clusterScoped: boolean;
  readonly createNamespace: boolean;
  readonly adopt: boolean;
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | null;
  readonly prune: {
    readonly enabled: boolean;
    readonly limit: number;
    /** Protected kinds (Namespace, CustomResourceDefinition, PersistentVolume, PersistentVolumeClaim) that may be deleted. */
    readonly kinds: readonly string[];
    readonly empty: boolean;
  };
  readonly waitMs: number;
  readonly conflicts: 'force' | 'fail';
  readonly ignore: readonly IgnoreRule[];
  /** Below path. */
  readonly exclude: readonly ExcludeGlob[];
  readonly kustomize: {
    /** Hosts that kustomizations may be read from. */
    readonly remoteBases: readonly string[];
    /** May a kustomization read files outside of its own directory? */
    readonly loadRestrictor: 'root-only' | 'none';
  };
  readonly helm: HelmSettings | null;
  /** `substitute.variables`; null: nothing is put in. */
  readonly variables: Readonly<Record<string, string>> | null;
  /** What opens encrypted manifests; null: they are refused. */
  readonly decryption: { readonly age: SecretReference | null; readonly kms: boolean } | null;
  readonly drift: 'correct' | 'report' | 'off';
  readonly dependsOn: readonly string[];
  readonly suspend: boolean;
}

export interface Target extends TargetSettings {
  readonly name: string;
  /** No slash at either end; '' is the root. */
  readonly path: string;
  readonly cluster: ClusterConfig;
  readonly namespace: string;
  /** '*' is any. */
  readonly namespaces: readonly string[] | '*';
  /** The rule that made it; null: it stands in headgate.yml itself. */
  readonly generatedFrom: { readonly template: string; readonly directory: string } | null;
}

/** A target of headgate.yml with `forEach`: each directory that matches is a target. */
export interface TargetTemplate {
  /** A template, and the name of the rule: `{{basename}}-{{cluster}}`. */
  readonly name: string;
  /** `headgate.yml:12` */
  readonly place: string;
  readonly forEach: {
    /** A glob of whole segments, with `*` inside them. */
    readonly directories: string;
    /** Where its targets may be. */
    readonly clusters: readonly ClusterConfig[];
    readonly namespaces: readonly string[];
  };
  readonly templates: {
    /** Null: the directory itself. */
    readonly path: string | null;
    readonly cluster: string;
    readonly namespace: string;
  };
  /** Of each of its targets; null: the target's own alone. */
  readonly namespaces: readonly string[] | null;
  readonly settings: TargetSettings;
}
