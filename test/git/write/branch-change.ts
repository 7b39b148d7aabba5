import type { openRepository } from '../../../src/git/reader.ts';
import type { BranchChange } from '../../../src/images/branch-writer.ts';
import type { Revision } from '../../../src/snapshot/source.ts';

export const MAIN = 'refs/heads/main';
export const RECORD = 'refs/headgate/images/web';

interface ChangeOn {
  readonly reader: Pick<ReturnType<typeof openRepository>, 'rootTree' | 'treesAbove'>;
  /** Of main. */
  readonly tip: Revision;
  /** The tip of the records; null: there is none yet. */
  readonly record: Revision | null;
  /** Of the record. */
  readonly title: string;
}

/** A change of files on the tip of main, with its record: what a new version of the image web writes. */
export async function branchChange(
  files: Readonly<Record<string, string>>,
  { reader, tip, record, title }: ChangeOn,
): Promise<BranchChange> {
  const { signal } = new AbortController();
  const rootTree = await reader.rootTree(tip, signal);
  return {
    ref: MAIN,
    tip,
    rootTree,
    trees: await reader.treesAbove(rootTree, Object.keys(files), signal),
    files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
    author: { name: 'headgate', email: 'headgate@localhost' },
    atMs: 1_700_000_100_000,
    message: 'Update web to 2\n\nHeadgate-Image: web 1 -> 2',
    sign: null,
    records: [{ ref: RECORD, tip: record, message: (revision) => `${title}\n\nHeadgate-Commit: ${revision}` }],
  };
}
