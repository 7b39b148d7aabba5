import type {
  Config,
  ExcludeGlob,
  Repository,
  ImagePolicy,
  ImageWrite,
  WriteVia,
} from '../../config/checked/config.ts';

/** A branch and all images that are written to it in the same way: they share one commit, or one pull request. */
export interface WriteGroup {
  /** `write/fleet/main`, `write/fleet/main:pullRequest`: the message group of the queue. */
  readonly name: string;
  readonly via: WriteVia;
  readonly repository: Repository;
  readonly branch: string;
  /** `refs/heads/main` */
  readonly ref: string;
  readonly images: readonly WrittenImage[];
  /** How long the first message is hidden, so that images that are pushed together share a commit. */
  readonly debounceMs: number;
  /** The shortest of its images; 0: none is polled. */
  readonly intervalMs: number;
}

export interface WrittenImage {
  readonly policy: ImagePolicy;
  readonly paths: readonly ExcludeGlob[];
}

/** The name of a branch has no colon. */
function writeGroupName({ repository, branch, via }: Pick<ImageWrite, 'repository' | 'branch' | 'via'>): string {
  return `write/${repository.name}/${branch}${via === 'commit' ? '' : `:${via}`}`;
}

/** The branch of the pull request of a group. No ref of a record has the same name: `git fetch origin NAME` would prefer it. */
export function headOf({ branch }: Pick<WriteGroup, 'branch'>): string {
  return `headgate/update-images/${branch}`;
}

/** Every branch that images are written to. */
export function writeGroups({ images }: Pick<Config, 'images'>): readonly WriteGroup[] {
  const writes = [...images.values()].flatMap((policy) => policy.writes.map((write) => ({ policy, write })));
  const byName = Map.groupBy(writes, ({ write }) => writeGroupName(write));
  return [...byName].flatMap(([name, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { repository, branch, ref, via } = first.write;
    const intervals = own.map(({ policy }) => policy.intervalMs).filter((ms) => ms > 0);
    return [
      {
        name,
        via,
        repository,
        branch,
        ref,
        images: own.map(({ policy, write }) => ({ policy, paths: write.paths })),
        debounceMs: Math.max(...own.map(({ policy }) => policy.debounceMs)),
        intervalMs: intervals.length === 0 ? 0 : Math.min(...intervals),
      },
    ];
  });
}

/** The branches that one image is written to. */
export function writeGroupsOf(image: string, config: Pick<Config, 'images'>): readonly WriteGroup[] {
  return writeGroups(config).filter(({ images }) => images.some(({ policy }) => policy.name === image));
}
