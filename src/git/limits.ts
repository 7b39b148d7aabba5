/** Limits for reading a repository. A run that exceeds one fails with `git-limit`. */
export interface GitLimits {
  readonly responseBytes: number;
  readonly objects: number;
  /** Inflated size of one object; a pack that declares more is rejected before inflating it. */
  readonly objectBytes: number;
  readonly inflatedBytes: number;
  readonly deltaDepth: number;
  readonly pathLength: number;
  readonly pathDepth: number;
  /** Rounds of fetching missing trees before all trees are requested at once. */
  readonly rounds: number;
  /** Duration of one request. */
  readonly requestMs: number;
  /** Time without a byte. */
  readonly silenceMs: number;
}

export const GIT_LIMITS: GitLimits = {
  responseBytes: 256 * 1024 * 1024,
  objects: 500_000,
  objectBytes: 64 * 1024 * 1024,
  inflatedBytes: 1024 * 1024 * 1024,
  deltaDepth: 4096,
  pathLength: 1024,
  pathDepth: 64,
  rounds: 3,
  requestMs: 120_000,
  silenceMs: 20_000,
};
