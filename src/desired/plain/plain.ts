import type { Problem } from '../../error/deploy-error.ts';
import type { UnreadDocument } from '../../resource/document.ts';
import { readManifests } from '../../resource/manifests.ts';
import type { Manifest } from '../../resource/resource.ts';
import type { SourceFile } from '../../snapshot/source.ts';
import type { Variables } from '../../resource/substitution.ts';

/** The manifests of the files that were read. */
export interface Desired {
  /** Every path that was read, including deleted ones. */
  readonly touched: ReadonlySet<string>;
  readonly manifests: readonly Manifest[];
  /** Documents that are not manifests, by file: harmless, unless objects were applied from that file before. */
  readonly unread: readonly (UnreadDocument & { readonly path: string })[];
  readonly problems: readonly Problem[];
}

/** Renders plain manifests. Files are independent, so only the changed ones have to be read. */
export function renderPlain(files: readonly SourceFile[], variables: Variables | null): Desired {
  const read = files.map((file) => readFile(file, variables));
  return {
    touched: new Set(files.map(({ path }) => path)),
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }, index) => unread.map((each) => ({ path: files[index]?.path ?? '', ...each }))),
    problems: read.flatMap(({ problems }) => problems),
  };
}

export function mergeDesired(a: Desired, b: Desired): Desired {
  return {
    touched: new Set([...a.touched, ...b.touched]),
    manifests: [...a.manifests, ...b.manifests],
    unread: [...a.unread, ...b.unread],
    problems: [...a.problems, ...b.problems],
  };
}

/** The result of a refused render: only problems. */
export function refusedBy(problems: readonly Problem[]): Desired {
  return { touched: new Set(), manifests: [], unread: [], problems };
}

const NOTHING = { manifests: [], unread: [], problems: [] };

function readFile(file: SourceFile, variables: Variables | null): ReturnType<typeof readManifests> {
  switch (file.kind) {
    case 'file':
      return readManifests(file, { variables });
    case 'absent':
      return NOTHING;
    case 'symlink':
      return {
        ...NOTHING,
        unread: [notRead(file.path, 'a symbolic link, which is never followed', 'Replace it with a regular file.')],
      };
    case 'submodule':
      return {
        ...NOTHING,
        unread: [notRead(file.path, 'a submodule, which is never read', 'Copy the manifests into this repository.')],
      };
    case 'refused':
      return { ...NOTHING, unread: [notRead(file.path, file.reason, 'Rename it or reduce its size.')] };
    default:
      return file satisfies never;
  }
}

function notRead(path: string, what: string, remedy: string): UnreadDocument {
  const problem = {
    code: 'file-unreadable' as const,
    subject: JSON.stringify(path).slice(1, -1),
    message: `skipped ${what}`,
    remedy,
  };
  return { problem, ifServed: null };
}
