import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';

export type ReadKustomization =
  | { readonly kind: 'kustomization'; readonly value: JsonObject }
  | { readonly kind: 'error'; readonly line: number; readonly message: string };

/** Reads a kustomization file within Headgate's limits, before kustomize reads it. */
export function readKustomization(bytes: Uint8Array): ReadKustomization {
  const [first, second] = readYaml(Buffer.from(bytes).toString()).filter(({ kind }) => kind !== 'empty');
  if (first === undefined) return { kind: 'error', line: 1, message: 'is empty' };
  if (first.kind === 'error') return first;
  if (second !== undefined) return { kind: 'error', line: 1, message: 'has more than one document' };
  if (first.kind === 'empty' || !isObject(first.document.value))
    return { kind: 'error', line: 1, message: 'is not a map' };
  return { kind: 'kustomization', value: first.document.value };
}

/** Returns the line of a field; 1 when it is unknown. Parses the file once, on first use. */
export function fieldLines(bytes: Uint8Array): (field: readonly (string | number)[]) => number {
  const lines = new LineCounter();
  const options = { lineCounter: lines, logLevel: 'silent', strict: false } as const;
  let document: ReturnType<typeof parseDocument> | null = null;
  return (field) => {
    document ??= parseDocument(Buffer.from(bytes).toString(), options);
    const node: unknown = document.getIn(field, true);
    const range = isNode(node) ? node.range : null;
    return range ? lines.linePos(range[0]).line : 1;
  };
}

/**
 * Appends a line that makes kustomize annotate each object with its origin, so that no other line moves; null when the
 * file cannot be extended by appending. `readRendered` removes the annotations again.
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
