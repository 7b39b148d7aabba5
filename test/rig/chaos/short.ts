/** The edges of a run, near enough to be met: deadlines in seconds, shards from the seventh object on. */
export const LEASE_MS = 4000;
export const REQUEST_MS = 1000;
export const ON_PARENT = 6;
export const PER_SHARD = 3;
