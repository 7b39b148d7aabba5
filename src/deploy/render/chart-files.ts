import type { Problem } from '../../error/deploy-error.ts';
import type { SourceFile } from '../../snapshot/source.ts';
import type { RenderFile } from '../ports/tools.ts';

/** The files of a chart. Anything else in it, such as a symbolic link, is refused: Helm would follow it. */
export function filesBelow(found: readonly SourceFile[]): {
  readonly files: readonly RenderFile[];
  readonly problems: readonly Problem[];
} {
  return {
    files: found.flatMap((each) => (each.kind === 'file' ? [{ path: each.path, bytes: each.bytes }] : [])),
    problems: found.filter(({ kind }) => kind !== 'file').map((each) => notAFile(each)),
  };
}

function notAFile({ path, kind }: SourceFile): Problem {
  return {
    code: 'render-refused',
    subject: JSON.stringify(path).slice(1, -1),
    message: `the chart contains ${kind === 'refused' ? 'an unsafe name' : `a ${kind}, which is never followed`}`,
    remedy: 'Replace it with a regular file.',
  };
}
