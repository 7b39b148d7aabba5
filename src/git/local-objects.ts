import type { ObjectStore } from './wire/pack.ts';
import type { UploadPack } from './wire/upload-pack.ts';

/** Git objects that this machine has, such as those of a checkout with changes that are not committed. */
export interface LocalObjects {
  /** Returns those of the objects that this machine has. */
  read(ids: readonly string[], signal: AbortSignal): Promise<ObjectStore>;
}

/** Of a store that is in memory. */
export function objectsOf(store: ObjectStore): LocalObjects {
  return {
    async read(ids) {
      return new Map(
        ids.flatMap((id) => {
          const object = store.get(id);
          return object === undefined ? [] : [[id, object] as const];
        }),
      );
    },
  };
}

/**
 * Reads an object from this machine where it has it, and only what is missing from the server. What an object refers to is
 * read when it is needed, one level at a time.
 */
export function withLocalObjects(remote: UploadPack, local: LocalObjects): UploadPack {
  return {
    usage: remote.usage,
    traits: remote.traits,
    hasFilters: () => remote.hasFilters(),
    listRefs: (prefixes, signal) => remote.listRefs(prefixes, signal),
    async fetch(what, store, signal) {
      const found = await local.read(what.wants, signal);
      for (const [id, object] of found) store.set(id, object);
      const wants = what.wants.filter((id) => !found.has(id));
      if (wants.length > 0) await remote.fetch({ ...what, wants }, store, signal);
    },
  };
}
