import { isObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';
import { joinPaths, resolve } from '../kustomize/paths.ts';

/** An entry of `helm.values`. */
export interface ValuesFile {
  /** From the root of the repository. */
  readonly path: string;
  /** The key of a ConfigMap in the file that holds the values; null: the file itself holds them. */
  readonly key: string | null;
}

/** `values.yaml` is below the path of the target, `/envs/prod.yaml` at the root of the repository. */
export function valuesFile(written: string, path: string): ValuesFile {
  const [file = '', key = null] = written.split('#');
  const whole = file.startsWith('/') ? resolve('', file.slice(1)) : resolve(path, file);
  return { path: whole ?? joinPaths(path, file), key };
}

/** The values in a key of the first ConfigMap that has it; null when there is none. */
export function valuesInConfigMap(bytes: Uint8Array, key: string): string | null {
  for (const document of readYaml(Buffer.from(bytes).toString())) {
    const value = document.kind === 'document' ? document.document.value : null;
    const data = isObject(value) && value['kind'] === 'ConfigMap' ? value['data'] : null;
    const text = isObject(data) ? data[key] : undefined;
    if (typeof text === 'string') return text;
  }
  return null;
}
