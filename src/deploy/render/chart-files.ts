import type { Problem } from '../../error/deploy-error.ts';
import type { SourceFile } from '../../snapshot/source.ts';
import type { RenderFile } from '../ports/tools.ts';

/** The files of a chart; what stands in it and is no file is refused, since Helm would follow it. */
export function filesBelow(found: readonly SourceFile[]): {
  readonly files: readonly RenderFile[];
  readonly problems: readonly Problem[];
} {
  return {
    files: found.flatMap((each) => (each.kind === 'file' ? [{ path: each.path, bytes: each.bytes }] : [])),
    problems: found.filter(({ kind }) => kind !== 'file').map((each) => unfit(each)),
  };
}

function unfit({ path, kind }: SourceFile): Problem {
  return {
    code: 'render-refused',
    subject: JSON.stringify(path).slice(1, -1),
    message: `a chart holds ${kind === 'refused' ? 'a name that is refused' : `a ${kind}, which is never followed`}`,
    remedy: 'Put the file itself there.',
  };
}
