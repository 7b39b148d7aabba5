import type { Problem } from '../../error/deploy-error.ts';
import { refusedFieldText } from '../../error/refused-object.ts';
import type { Refusal } from '../../error/refused-object.ts';
import type { ObjectId } from '../../snapshot/source.ts';
import { lineOfField } from '../../resource/field-line.ts';
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
  { git }: Pick<World, 'git'>,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const paths = [...new Set(problems.flatMap(({ refused }) => (refused === undefined ? [] : [refused.path])))];
  const texts = rendersWhole(renderer) ? new Map<string, string>() : await readTexts(paths, { rootTree, git }, signal);
  return problems.flatMap(({ refused, ...problem }): readonly Problem[] => {
    if (refused === undefined) return [problem];
    const text = texts.get(refused.path);
    return refused.fields.map((field) => {
      const at = { line: refused.line, field: field.paths[0] ?? '' };
      const line = text === undefined ? null : lineOfField(text, at);
      const message = refusedFieldText(field);
      return line === null
        ? { ...problem, message: `${refused.object}: ${message}` }
        : { ...problem, subject: formatPosition({ path: refused.path, line }), message };
    });
  });
}

/** A refusal matters more than its line: without the file, it is reported at its document. */
async function readTexts(
  paths: readonly string[],
  { rootTree, git }: { readonly rootTree: ObjectId } & Pick<World, 'git'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const files = await git.files(rootTree, paths, signal).catch(() => []);
  return new Map(
    files.flatMap((file) => (file.kind === 'file' ? [[file.path, new TextDecoder().decode(file.bytes)] as const] : [])),
  );
}
