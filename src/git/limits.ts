/** What a repository may make us read. Above it a run ends as `git-limit`. */
export interface GitLimits {
  readonly responseBytes: number;
  readonly objects: number;
  /** Of one object, inflated; a pack that declares more is refused before it is inflated. */
  readonly objectBytes: number;
  readonly inflatedBytes: number;
  readonly deltaDepth: number;
  readonly pathLength: number;
  readonly pathDepth: number;
  /** Fill rounds before the whole trees are asked for. */
  readonly rounds: number;
  /** One request as a whole, and without a byte. */
  readonly requestMs: number;
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
