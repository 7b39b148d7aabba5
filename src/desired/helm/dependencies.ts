import { beginningOf } from '../../error/cut-text.ts';
import type { Explanation } from '../../error/deploy-error.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';
import { lockDigest } from './lock-digest.ts';

/** A dependency that is not in `charts/`, at the version of Chart.lock. */
export type LockedDependency =
  | {
      readonly kind: 'repository' | 'oci';
      readonly name: string;
      readonly version: string;
      /** Of the repository, or of the chart in the registry. */
      readonly url: string;
      readonly host: string;
    }
  | { readonly kind: 'file'; readonly name: string; readonly path: string };

export interface ReadDependencies {
  readonly needed: readonly LockedDependency[];
  readonly problems: readonly Explanation[];
}

const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;
const VERSION = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * What a chart needs beside its own files. `vendored`: the names in its `charts` directory. `directory`: the chart's, for
 * the command in remedies.
 */
export function readDependencies(
  files: { readonly chart: Uint8Array | null; readonly lock: Uint8Array | null },
  vendored: readonly string[],
  directory: string,
): ReadDependencies {
  const wanted = dependenciesIn(files.chart).list;
  const missing = wanted.filter((each) => textOf(each['repository']) !== '' && !isVendored(each, vendored));
  if (missing.length === 0) return { needed: [], problems: [] };
  const remedy = `Run helm dependency update ${directory === '' ? '.' : directory}, and commit Chart.lock.`;
  const refused = (message: string) => ({ needed: [], problems: [{ message, remedy }] });
  if (files.lock === null) return refused('the chart has dependencies, but no Chart.lock, which pins their versions');
  const locked = dependenciesIn(files.lock);
  if (locked.digest !== lockDigest(wanted, locked.list) || locked.list.length !== wanted.length)
    return refused('Chart.lock was not made for the dependencies of this Chart.yaml');
  const read = wanted.flatMap((each, index) => {
    const lock = locked.list[index] ?? {};
    return missing.includes(each) ? [lockedDependency({ ...each, version: lock['version'] ?? '' })] : [];
  });
  return {
    // A chart may be used several times, under aliases.
    needed: [
      ...new Map(read.flatMap((each) => ('kind' in each ? [[JSON.stringify(each), each] as const] : []))).values(),
    ],
    problems: read.flatMap((each) => ('kind' in each ? [] : [each])),
  };
}

function dependenciesIn(bytes: Uint8Array | null): { readonly list: readonly JsonObject[]; readonly digest: string } {
  const [first] = bytes === null ? [] : readYaml(Buffer.from(bytes).toString());
  const value = first?.kind === 'document' ? first.document.value : null;
  const list = isObject(value) && Array.isArray(value['dependencies']) ? value['dependencies'] : [];
  return { list: list.filter(isObject), digest: isObject(value) ? textOf(value['digest']) : '' };
}

function isVendored(dependency: JsonObject, vendored: readonly string[]): boolean {
  const name = textOf(dependency['name']);
  return vendored.some(
    (file) => file === name || (file.startsWith(`${name}-`) && /^v?\d.*\.tgz$/.test(file.slice(name.length + 1))),
  );
}

function lockedDependency(dependency: JsonObject): LockedDependency | Explanation {
  const name = textOf(dependency['name']);
  const version = textOf(dependency['version']);
  const repository = textOf(dependency['repository']);
  const refused = (message: string, remedy: string): Explanation => ({
    message: `dependency ${JSON.stringify(beginningOf(name, 100))} ${message}`,
    remedy,
  });
  if (!NAME.test(name)) return refused('has an invalid name', 'Write the name of the chart.');
  if (repository.startsWith('file://')) return { kind: 'file', name, path: repository.slice('file://'.length) };
  if (!VERSION.test(version)) return refused('is not locked at an exact version', 'Run helm dependency update.');
  const url = URL.parse(repository);
  if (url === null || url.username !== '' || url.password !== '')
    return refused(
      'names no address',
      'Write repository as https://…, oci://… or file://…, not as a name of helm repo.',
    );
  const at = { name, version, host: url.hostname };
  if (url.protocol === 'oci:' && /^oci:\/\/[\w.-]+(?::\d+)?(?:\/[\w.-]+)*\/?$/.test(repository))
    return { kind: 'oci', ...at, url: `${repository.replace(/\/$/, '')}/${name}` };
  const isLoopback = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback))
    return { kind: 'repository', ...at, url: repository };
  return refused(`has the repository ${url.protocol}//…, which is not supported`, 'Use https://, oci:// or file://.');
}
