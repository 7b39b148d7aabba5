import type { ImagePolicy } from '../config/checked/config.ts';

/** The image that is read, and with which credentials. */
export type RegistryImage = Pick<ImagePolicy, 'name' | 'image' | 'credentials'>;

/** What the policies need of container registries. */
export interface Registry {
  /** All tags, in the order of the registry. @throws DeployError `registry-…` */
  listTags(image: RegistryImage, signal: AbortSignal): Promise<readonly string[]>;
  /** The digest that a tag points to, `sha256:…`; null: the tag does not exist. */
  digestOf(image: RegistryImage, tag: string, signal: AbortSignal): Promise<string | null>;
}
