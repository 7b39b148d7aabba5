import type { ImageReference } from '../images/image-reference.ts';
import type { SecretReference } from '../written/reference.ts';
import type { ExcludeGlob, Repository } from './config.ts';

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
}
