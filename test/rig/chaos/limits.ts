/** Limits small enough for a test to reach: deadlines of seconds, and shards from the seventh object on. */
export const LEASE_MS = 4000;
export const REQUEST_MS = 1000;
export const ON_PARENT = 6;
export const PER_SHARD = 3;
export const GROUPING_MS = 100;
