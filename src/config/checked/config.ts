import type { GivenHost } from '../../githost/hosts.ts';
import type { ChannelConfig } from './channel.ts';
import type { Window } from '../windows/window.ts';
import type { SecretReference } from '../written/reference.ts';
import type { ImageReference } from '../images/image-reference.ts';

/** headgate.yml in its checked form: defaults are filled in, names are resolved, and paths have a known base. */
export interface Config {
  /** Sign plans and approvals: the first key signs, and any of them verifies. Empty: none is configured. */
  readonly keys: readonly SecretReference[];
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly targets: readonly Target[];
  /** Entries with `forEach`, which generate a target for each matching directory in Git. */
  readonly templates: readonly TargetTemplate[];
  /** Entries that deploy each pull request with a label. */
  readonly previews: readonly Preview[];
  /** By name. */
  readonly images: ReadonlyMap<string, ImagePolicy>;
  /** By name. */
  readonly promotions: ReadonlyMap<string, Promotion>;
  /** Where `notify` of targets and repositories may send messages. */
  readonly channels: ReadonlyMap<string, ChannelConfig>;
  /** Where the set-up commands find the stack on AWS; null: not written. */
  readonly aws: { readonly region: string | null; readonly stage: string | null };
  /** Settings that have no effect or are probably a mistake, each with file and line. */
  readonly warnings: readonly string[];
}

export type ClusterConfig =
  | {
      readonly kind: 'kubeconfig';
      readonly name: string;
      /** Absolute; null: $KUBECONFIG, or else ~/.kube/config. */
      readonly path: string | null;
      /** Its content is the kubeconfig, instead of a file; null: it is a file. */
      readonly secret: SecretReference | null;
      readonly context: string | null;
      readonly insecure: boolean;
    }
  | {
      readonly kind: 'eks';
      readonly name: string;
      readonly cluster: string;
      readonly region: string;
      readonly role: string | null;
      /** Assumed by the sweep, which only reads; null: it assumes the role of the target. */
      readonly readRole: string | null;
      readonly externalId: string | null;
    };
export type Credentials =
  | { readonly kind: 'token'; readonly token: SecretReference }
  | {
      readonly kind: 'app';
      readonly app: string;
      readonly installation: string;
      readonly privateKey: SecretReference;
    }
  /** Who the process is on AWS. */
  | { readonly kind: 'iam' };

/** `iam`: who the process is on AWS. */
export type WriteCredentials = SecretReference | { readonly kind: 'iam' };

/** What happens to the pull requests of a repository. */
export interface PullRequestSettings {
  /** Each one is planned. */
  readonly plan: boolean;
  /** Its plan is shown in a comment. Commit statuses are shown in any case. */
  readonly comment: boolean;
  /** Those of forks are planned too. */
  readonly forks: boolean;
  /** Impersonated to plan those of forks. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | null;
  /** User names of those who may approve, or `id:1234`; empty: everyone who may write to the repository. */
  readonly approvers: readonly string[];
}

export interface Repository {
  readonly name: string;
  readonly host: GivenHost;
  /** The URL for git, without user or password. */
  readonly url: string;
  /** Base URL of the host's REST API, without a trailing slash; null: it has none. */
  readonly api: string | null;
  /** `acme/fleet`: the name in the host's API and in its deliveries. */
  readonly fullName: string;
  readonly id: string | null;
  /** Without one, no delivery is accepted. Only some hosts allow none. */
  readonly webhookSecrets: readonly SecretReference[];
  /** The header that has the secret, in lowercase; null: the host's own proof. */
  readonly webhookHeader: string | null;
  readonly credentials: Credentials | null;
  /** Pushes what Headgate writes; null: it writes nothing. */
  readonly write: WriteCredentials | null;
  /** `refs`: what was deployed is written to `refs/headgate` and `refs/notes/headgate`. It has `write` then. */
  readonly record: 'none' | 'refs';
  readonly statuses: boolean;
  readonly pullRequests: PullRequestSettings;
  /** Allows `http://` to other machines. */
  readonly insecure: boolean;
  /** Absolute path of a PEM file with a private CA. */
  readonly caFile: string | null;
  /** The channels of all its targets. */
  readonly notify: readonly string[];
}

/**
 * The pattern for one path segment, as regular expression source. Null is `**`: any number of directories, including none.
 */
export type NamePattern = string | null;

export interface ExcludeGlob {
  /** As it is written. */
  readonly glob: string;
  /** The glob with its braces expanded. Each alternative is a list of patterns, one per path segment. */
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
  /** With `repository` or `oci` the chart's name there; otherwise its directory in the Git repository (null: the target's path). */
  readonly chart: string | null;
  readonly version: string | null;
  readonly repository: string | null;
  readonly oci: string | null;
  readonly releaseName: string | null;
  /** Paths of values files, relative to the target's path. */
  readonly values: readonly string[];
  readonly set: Readonly<Record<string, ScalarSetting>>;
  /** The hosts that dependencies of a chart in Git may be pulled from. */
  readonly dependencies: readonly string[];
}

/** The settings that a target has, or that all targets generated by one template share. */
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
    /** Hosts that remote bases may be read from. */
    readonly remoteBases: readonly string[];
    /** Whether a kustomization may read files outside its own directory. */
    readonly loadRestrictor: 'root-only' | 'none';
  };
  readonly helm: HelmSettings | null;
  /** `substitute.variables`; null: nothing is substituted. */
  readonly variables: Readonly<Record<string, string>> | null;
  /** The keys that decrypt manifests; null: encrypted manifests are refused. */
  readonly decryption: { readonly age: SecretReference | null; readonly kms: boolean } | null;
  readonly drift: 'correct' | 'report' | 'off';
  readonly dependsOn: readonly string[];
  readonly suspend: boolean;
  /** `rollback`: when a push does not become ready in time, the target is held at the last commit that did. */
  readonly onFailure: 'keep' | 'rollback';
  /** `plan`: it deploys only a plan that a person approved by its hash. */
  readonly approval: 'none' | 'plan';
  /** The names of its channels, with those of its repository. */
  readonly notify: readonly string[];
  /** When it may deploy; none: always. */
  readonly windows: readonly Window[];
}

export interface Target extends TargetSettings {
  readonly name: string;
  /** No slash at either end; '' is the root. */
  readonly path: string;
  readonly cluster: ClusterConfig;
  readonly namespace: string;
  /** '*': any. */
  readonly namespaces: readonly string[] | '*';
  /** The template that generated it; null: the target is an entry of headgate.yml. */
  readonly generatedFrom: { readonly template: string; readonly directory: string } | null;
}

/** An entry of headgate.yml with `forEach`: it generates a target for each matching directory. */
export interface TargetTemplate {
  /** The name of the targets with its placeholders, which also names the template: `{{basename}}-{{cluster}}`. */
  readonly name: string;
  /** File and line: `headgate.yml:12`. */
  readonly position: string;
  readonly forEach: {
    /** A glob in which `*` matches within one path segment. */
    readonly directories: string;
    /** The clusters that its targets may deploy to. */
    readonly clusters: readonly ClusterConfig[];
    readonly namespaces: readonly string[];
  };
  /** Fields that may have placeholders. */
  readonly fields: {
    /** Null: the directory itself. */
    readonly path: string | null;
    readonly cluster: string;
    readonly namespace: string;
  };
  /** The allowed namespaces of each target; null: only the target's own. */
  readonly namespaces: readonly string[] | null;
  readonly settings: TargetSettings;
}

/** An entry of `previews`: each open pull request with the label is deployed to a namespace that is created for it. */
export interface Preview {
  /** As it is written, which also names the entry: `shop-pr-{{number}}`. */
  readonly name: string;
  /** Before the number of the pull request. */
  readonly prefixes: { readonly name: string; readonly namespace: string };
  readonly label: string;
  readonly path: string;
  readonly cluster: ClusterConfig;
  /** Since the last push. */
  readonly ttlMs: number;
  /** So many at a time. */
  readonly limit: number;
  /** May have placeholders; null: read from the cluster. */
  readonly url: string | null;
  /** `branch`: that the pull requests are to be merged into. `variables` may have placeholders. */
  readonly settings: TargetSettings;
}

/** An entry of `images`: which tag of an image is wanted, and where it is written. Plain data but for the repositories. */
export interface ImagePolicy {
  readonly name: string;
  readonly image: Pick<ImageReference, 'registry' | 'repository'>;
  readonly policy: TagPolicy;
  /** Null: the registry is read without any. */
  readonly credentials: ImageCredentials | null;
  /** Null: only the poll finds new tags. */
  readonly webhook: ImageWebhook | null;
  /** 0: the sweep never polls. */
  readonly intervalMs: number;
  readonly debounceMs: number;
  readonly jsonPaths: readonly { readonly kind: string; readonly path: string }[];
  readonly commit: {
    readonly author: { readonly name: string; readonly email: string };
    /** The template of the message; null: the default. */
    readonly message: string | null;
    /** An OpenSSH private key; null: the commits are not signed. */
    readonly signingKey: SecretReference | null;
  };
  readonly afterRevert: 'skip' | 'hold';
  readonly writes: readonly ImageWrite[];
}

export type TagPolicy =
  | { readonly kind: 'semver'; readonly range: string }
  | {
      readonly kind: 'newest';
      /** The source of a regular expression. */
      readonly pattern: string;
      /** The group that is compared; null: the whole tag. */
      readonly by: string | null;
      readonly order: 'numerical' | 'alphabetical' | 'semver';
    }
  | { readonly kind: 'digest'; readonly tag: string };

export type ImageCredentials =
  | { readonly kind: 'ecr' }
  /** Without a username: a registry that takes any, such as GHCR. */
  | { readonly kind: 'password'; readonly username: string | null; readonly password: SecretReference };

export type ImageWebhookKind = 'ghcr' | 'dockerhub' | 'harbor' | 'quay' | 'acr' | 'gitea' | 'distribution' | 'signed';

export interface ImageWebhook {
  readonly kind: ImageWebhookKind;
  readonly secrets: readonly SecretReference[];
}

export interface ImageWrite {
  /** Has `write`. */
  readonly repository: Repository;
  readonly branch: string;
  /** `refs/heads/<branch>` */
  readonly ref: string;
  /** From the root of the repository. */
  readonly paths: readonly ExcludeGlob[];
  readonly via: WriteVia;
}

/** How Headgate changes a branch: by a push, by one pull request that it keeps up to date, or by the host's API, which signs. */
export type WriteVia = 'commit' | 'pullRequest' | 'api';

/** An entry of `promotions`: what moves from one target to the next, and when. */
export interface Promotion {
  readonly name: string;
  readonly steps: readonly PromotionStep[];
  readonly carry: Carry;
  /** What has to be true of the stages before. That they are ready is required in any case. */
  readonly after: { readonly soakMs: number; readonly statuses: readonly RequiredStatus[] };
  /** When it may write; none: always. */
  readonly windows: readonly Window[];
  readonly via: Exclude<WriteVia, 'api'>;
}

/** One target that is written to, and those that it gets its versions from. */
export interface PromotionStep {
  /** Its repository has `write`. */
  readonly to: Target;
  readonly from: { readonly agree: 'all' | 'any'; readonly targets: readonly Target[] };
}

/** What moves. Paths are below the path of the stage. */
export type Carry =
  | { readonly kind: 'images' }
  | {
      readonly kind: 'paths';
      /** Copied as they are. */
      readonly files: readonly string[];
      /** Scalars of YAML files, by their keys from the root of the file. */
      readonly values: readonly { readonly file: string; readonly keys: readonly string[] }[];
    };

/** A commit status of another system that has to be a success. */
export interface RequiredStatus {
  readonly context: string;
  /** The user who has to have written it; null: anyone. */
  readonly by: string | null;
}
