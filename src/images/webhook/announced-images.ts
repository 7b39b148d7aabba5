import type { ImagePolicy } from '../../config/checked/config.ts';

/**
 * The images that a message to the webhook of one of them is about: all policies of a repository of the same registry, since a
 * registry has one webhook for many images.
 */
export function announcedImages(
  to: ImagePolicy,
  repositories: readonly string[] | null,
  images: Iterable<ImagePolicy>,
): readonly string[] {
  if (repositories === null) return [to.name];
  const { registry } = to.image;
  // Docker Hub calls an official image by its name alone.
  const named = new Set(
    repositories.flatMap((each) => (registry === 'docker.io' ? [each, `library/${each}`] : [each])),
  );
  return [...images]
    .filter(({ image }) => image.registry === registry && named.has(image.repository))
    .map(({ name }) => name);
}
