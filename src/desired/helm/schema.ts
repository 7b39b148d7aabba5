import type { Problem } from '../../error/deploy-error.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json } from '../../resource/resource.ts';
import { parseJson } from '../../resource/json.ts';

/** `values.schema.json` of a chart or a subchart. Helm resolves its references itself, from the disk and the network. */
export function refuseForeignSchemas(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): readonly Problem[] {
  return files
    .filter(({ path }) => /(^|\/)values\.schema\.json$/.test(path))
    .flatMap(({ path, bytes }) => foreignReferences(read(bytes)).map((reference) => refused(path, reference)));
}

/** Null when it is not JSON, which Helm reports. */
function read(bytes: Uint8Array): Json {
  try {
    return parseJson(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}

function foreignReferences(schema: Json): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((item: Json) => foreignReferences(item));
  if (!isObject(schema)) return [];
  const reference = schema['$ref'];
  const own = typeof reference === 'string' && !reference.startsWith('#') ? [reference] : [];
  return [...own, ...Object.values(schema).flatMap((value) => foreignReferences(value))];
}

function refused(path: string, reference: string): Problem {
  return {
    code: 'render-refused',
    subject: path,
    message: `refers to a schema outside this file: ${JSON.stringify(reference.slice(0, 100))}`,
    remedy: 'Copy that schema into $defs of this file, and refer to it as #/$defs/NAME.',
  };
}
