import { beginningOf } from '../../error/cut-text.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json } from '../../resource/resource.ts';
import { parseJson } from '../../resource/json.ts';
import { filesInArchive } from './archive.ts';
import type { ArchivedFile } from './archive.ts';

/** How many levels of archives within archives are read. Helm itself has no limit. */
const LEVELS = 4;

/**
 * `values.schema.json` of a chart or a subchart, also of one that is packaged. Helm resolves its references itself, from the
 * disk and the network.
 */
export function refuseForeignSchemas(files: readonly ArchivedFile[], level = 0): readonly Problem[] {
  return files.flatMap(({ path, bytes }) => {
    if (/(^|\/)values\.schema\.json$/.test(path))
      return foreignReferences(read(bytes)).map((reference) => refused(path, reference));
    if (!/(^|\/)charts\/[^/]+\.tgz$/i.test(path)) return [];
    const within = level < LEVELS ? filesInArchive(bytes) : null;
    if (within === null) return [unreadable(path)];
    return refuseForeignSchemas(
      within.map((file) => ({ ...file, path: `${path}/${file.path}` })),
      level + 1,
    );
  });
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
    message: `refers to a schema outside this file: ${JSON.stringify(beginningOf(reference, 100))}`,
    remedy: 'Copy that schema into $defs of this file, and refer to it as #/$defs/NAME.',
  };
}

function unreadable(path: string): Problem {
  return {
    code: 'render-refused',
    subject: path,
    message:
      'is not a chart archive that can be searched for schemas: a .tgz of at most 64 MB, not nested deeply, without links and paths that lead out of it',
    remedy: 'Package it again with helm package, or unpack it into a directory of the same name.',
  };
}
