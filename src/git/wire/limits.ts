import type { LeastThroughput } from '../../exchange/exchange.ts';

/** Limits for reading a repository. A run that exceeds one fails with `git-limit`. */
export interface GitLimits {
  readonly responseBytes: number;
  readonly objects: number;
  /** Inflated size of one object; a pack that declares more is rejected before inflating it. */
  readonly objectBytes: number;
  /** Inflated size of everything that one run reads, with what deltas yield. */
  readonly inflatedBytes: number;
  /** Above this inflated size of a difference, the trees are read first, and then only the files that are wanted. */
  readonly eagerBytes: number;
  readonly deltaDepth: number;
  /** Trees and paths in one comparison. A few trees that contain each other several times make billions of paths. */
  readonly comparedPaths: number;
  readonly pathLength: number;
  readonly pathDepth: number;
  /** Rounds of fetching missing trees before all trees are requested at once. */
  readonly rounds: number;
  /** Duration of one request. */
  readonly requestMs: number;
  /** Time without a byte. */
  readonly silenceMs: number;
  /** Of each response, once it has begun. */
  readonly leastThroughput: LeastThroughput;
}

export const GIT_LIMITS: GitLimits = {
  responseBytes: 128 * 1024 * 1024,
  objects: 500_000,
  objectBytes: 64 * 1024 * 1024,
  inflatedBytes: 192 * 1024 * 1024,
  eagerBytes: 64 * 1024 * 1024,
  deltaDepth: 4096,
  comparedPaths: 250_000,
  pathLength: 1024,
  pathDepth: 64,
  rounds: 3,
  requestMs: 120_000,
  silenceMs: 20_000,
  // While git prepares a pack, it sends 5 bytes every 5 s, so the window is longer than a preparation with our filters takes.
  leastThroughput: { windowMs: 30_000, bytes: 30 * 1024 },
};
