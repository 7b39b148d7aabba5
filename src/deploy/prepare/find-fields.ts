import type { Problem } from '../../error/deploy-error.ts';
import { refusedFieldText } from '../../error/refused-object.ts';
import type { Refusal } from '../../error/refused-object.ts';
import type { ObjectId } from '../../snapshot/source.ts';
import { formatPosition } from '../../resource/resource.ts';
import { rendersWhole } from '../../state/renderer.ts';
import type { World } from '../ports/world.ts';
import type { Rendered } from '../render/render.ts';

/**
 * One problem for each refused field, at its line of the file. The output of a kustomization or chart has no lines in Git,
 * so its problems name the object instead. Files that were just read are not fetched again.
 */
export async function findFields(
  problems: readonly Refusal[],
  { source: { rootTree }, renderer }: Pick<Rendered, 'source' | 'renderer'>,
  { git, readers }: Pick<World, 'git' | 'readers'>,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const paths = [...new Set(problems.flatMap(({ refused }) => (refused === undefined ? [] : [refused.path])))];
  const texts = rendersWhole(renderer) ? new Map<string, string>() : await readTexts(paths, { rootTree, git }, signal);
  const found: Problem[] = [];
  for (const { refused, ...problem } of problems) {
    if (refused === undefined) {
      found.push(problem);
      continue;
    }
    const { path, object, fields } = refused;
    const text = texts.get(path);
    for (const field of fields) {
      const at = { line: refused.line, field: field.paths[0] ?? '' };
      const line = text === undefined ? null : await readers.lineOfField([text, at], signal);
      const message = refusedFieldText(field);
      found.push(
        line === null
          ? { ...problem, message: `${object}: ${message}` }
          : { ...problem, subject: formatPosition({ path, line }), message },
      );
    }
  }
  return found;
}

/** A refusal matters more than its line: without the file, it is reported at its document. */
async function readTexts(
  paths: readonly string[],
  { rootTree, git }: { readonly rootTree: ObjectId } & Pick<World, 'git'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const files = await git.files({ revision: null, rootTree }, paths, signal).catch(() => []);
  return new Map(
    files.flatMap((file) => (file.kind === 'file' ? [[file.path, new TextDecoder().decode(file.bytes)] as const] : [])),
  );
}
