import type { ImageVersion } from '../../images/edit/reference.ts';

/** What one stage has of something that moves, by its key: the name of an image, a file, or a file with the keys of a value. */
export interface Carried {
  readonly key: string;
  /** In one line. Two stages with the same one have the same. */
  readonly version: string;
  /** Of an image; null for anything else. */
  readonly image: ImageVersion | null;
}

/** What cannot move, and why. */
export interface LeftOut {
  readonly key: string;
  readonly reason: string;
}

/** One place of a file that changes. */
export interface Edit {
  readonly key: string;
  /** From the root of the repository. */
  readonly path: string;
  /** 1-based; null: the whole file. */
  readonly line: number | null;
  readonly from: string;
  readonly to: string;
}

/** What makes the one stage have what the other one has. */
export interface Changes {
  readonly edits: readonly Edit[];
  /** The new contents. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly leftOut: readonly LeftOut[];
}

/** A value of a file, which may be anything, so that it is never logged. */
export function isValue({ key }: Pick<Carried, 'key'>): boolean {
  return key.includes('#');
}

/** The keys of which the stages have different versions, with the reason: what they do not agree on does not move. */
export function disagreements(stages: readonly { readonly stage: string; readonly carried: readonly Carried[] }[]) {
  const all = stages.flatMap(({ stage, carried }) => carried.map((each) => ({ stage, ...each })));
  return [...Map.groupBy(all, ({ key }) => key)].flatMap(([key, own]): readonly LeftOut[] => {
    if (new Set(own.map(({ version }) => version)).size < 2) return [];
    const versions = own.map(({ stage, version }) => `${stage} has ${version}`).join(', ');
    return [{ key, reason: isValue({ key }) ? 'the previous stages have different values' : versions }];
  });
}
