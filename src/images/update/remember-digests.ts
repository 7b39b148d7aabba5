import type { Registry } from '../ports.ts';

/** The same registry, which is read once for each tag: a policy of a digest, the files and a lost race all need what it points to. */
export function rememberDigests(registry: Registry): Registry {
  const digests = new Map<string, Promise<string | null>>();
  return {
    listTags: (image, signal) => registry.listTags(image, signal),
    digestOf(image, tag, signal) {
      const key = JSON.stringify([image.image, image.credentials, tag]);
      const known = digests.get(key);
      if (known !== undefined) return known;
      const read = registry.digestOf(image, tag, signal);
      digests.set(key, read);
      read.catch(() => digests.delete(key));
      return read;
    },
  };
}
