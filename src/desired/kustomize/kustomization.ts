import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';

/** The names that kustomize takes, one of them per directory. */
export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export type ReadKustomization =
  | { readonly kind: 'kustomization'; readonly value: JsonObject }
  | { readonly kind: 'error'; readonly line: number; readonly message: string };

/** What a kustomization file says, read within our limits before kustomize sees it. */
export function readKustomization(bytes: Uint8Array): ReadKustomization {
  const [first, second] = readYaml(Buffer.from(bytes).toString()).filter(({ kind }) => kind !== 'empty');
  if (first === undefined) return { kind: 'error', line: 1, message: 'it is empty' };
  if (first.kind === 'error') return first;
  if (second !== undefined) return { kind: 'error', line: 1, message: 'it has more than one document' };
  if (first.kind === 'empty' || !isObject(first.document.value))
    return { kind: 'error', line: 1, message: 'it is no map' };
  return { kind: 'kustomization', value: first.document.value };
}

/** Tells the line on which a field stands; 1 when it cannot be told. The file is parsed once, and only when somebody asks. */
export function fieldLines(bytes: Uint8Array): (field: readonly (string | number)[]) => number {
  const lines = new LineCounter();
  const options = { lineCounter: lines, logLevel: 'silent', strict: false } as const;
  let document: ReturnType<typeof parseDocument> | null = null;
  return (field) => {
    document ??= parseDocument(Buffer.from(bytes).toString(), options);
    const node: unknown = document.getIn(field, true);
    const range = isScalar(node) || isMap(node) ? node.range : null;
    return range ? lines.linePos(range[0]).line : 1;
  };
}

/**
 * The file with kustomize's own record of where each object comes from switched on, appended so that no line moves; null
 * where that cannot be done by appending. It is taken off again by `readRendered`.
 */
export function withOrigins(bytes: Uint8Array): Uint8Array | null {
  const text = Buffer.from(bytes).toString();
  if (/^(---|\.\.\.)/m.test(text.replace(/^\uFEFF?(\s*#.*\n|\s*\n)*---\s*\n/, ''))) return null;
  const { contents } = parseDocument(text, { logLevel: 'silent', strict: false });
  if (!isMap(contents) || contents.flow === true || contents.has('buildMetadata')) return null;
  const [first] = contents.items;
  const start = isScalar(first?.key) ? first.key.range?.[0] : undefined;
  if (start === undefined || (start > 0 && text[start - 1] !== '\n')) return null;
  return Buffer.from(`${text}${text.endsWith('\n') ? '' : '\n'}buildMetadata: [originAnnotations]\n`);
}
