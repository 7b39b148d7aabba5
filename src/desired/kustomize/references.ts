import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';

/**
 * A path in a kustomization file. `entry`: a file, or a directory with a kustomization; `base`: only the latter;
 * `plugin`: an entry whose objects configure generators or transformers; `chart`: a directory that is needed as a whole.
 */
export interface Reference {
  readonly kind: 'file' | 'entry' | 'base' | 'plugin' | 'chart';
  readonly path: string;
  readonly field: readonly (string | number)[];
  /** Of a chart: where kustomize would pull it from when the directory does not exist. */
  readonly repository?: string;
  /** Its content becomes the value of a Secret. */
  readonly isSecret?: boolean;
}

type Field = readonly (string | number)[];

/** Every path that a kustomization file refers to (kustomize 5.8, api/types/kustomization.go). */
export function referencesOf(kustomization: JsonObject): readonly Reference[] {
  const list = (key: string) => listAt(kustomization, key);
  const globals = isObject(kustomization['helmGlobals']) ? kustomization['helmGlobals'] : {};
  const home = textOf(globals['chartHome']);
  return [
    ...strings('entry', kustomization, 'resources'),
    ...strings('entry', kustomization, 'bases'),
    ...strings('base', kustomization, 'components'),
    ...strings('file', kustomization, 'crds'),
    ...strings('file', kustomization, 'configurations'),
    ...strings('file', kustomization, 'patchesStrategicMerge').filter(({ path }) => !isInline(path)),
    ...['patches', 'patchesJson6902', 'replacements'].flatMap((key) =>
      list(key).flatMap((item, index) => fileAt(item, 'path', [key, index])),
    ),
    ...list('configMapGenerator').flatMap((item, index) => generatorFiles(item, ['configMapGenerator', index])),
    ...list('secretGenerator').flatMap((item, index) => secretFiles(item, ['secretGenerator', index])),
    ...fileAt(kustomization['openapi'], 'path', ['openapi']),
    ...list('helmCharts').flatMap((chart, index) => chartFiles(chart, home, ['helmCharts', index])),
    ...list('helmChartInflationGenerator').flatMap((chart, index) =>
      legacyChartFiles(chart, home, ['helmChartInflationGenerator', index]),
    ),
    ...['generators', 'transformers', 'validators'].flatMap((key) =>
      strings('plugin', kustomization, key).filter(({ path }) => !isInline(path)),
    ),
  ];
}

/** Inline objects in `generators`, `transformers` or `validators`. */
export function inlinePlugins(kustomization: JsonObject): readonly { readonly text: string; readonly field: Field }[] {
  return ['generators', 'transformers', 'validators'].flatMap((key) =>
    strings('plugin', kustomization, key)
      .filter(({ path }) => isInline(path))
      .map(({ path, field }) => ({ text: path, field })),
  );
}

/** What the configuration of a builtin plugin refers to, relative to the kustomization that loads it; null: not builtin. */
export function pluginReferences(config: JsonObject, field: Field): readonly Reference[] | null {
  const metadata = isObject(config['metadata']) ? config['metadata'] : {};
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const isFunction = Object.keys(annotations).some((key) => /^config\.(kubernetes|k8s)\.io\/function$/.test(key));
  if (config['apiVersion'] !== 'builtin' || isFunction) return null;
  switch (config['kind']) {
    case 'ConfigMapGenerator':
      return generatorFiles(config, field);
    case 'SecretGenerator':
      return secretFiles(config, field);
    case 'PatchTransformer':
    case 'PatchJson6902Transformer':
      return fileAt(config, 'path', field);
    case 'PatchStrategicMergeTransformer':
      return strings('file', config, 'paths')
        .filter(({ path }) => !isInline(path))
        .map((each) => ({ ...each, field }));
    case 'ReplacementTransformer':
      return listAt(config, 'replacements').flatMap((item) => fileAt(item, 'path', field));
    case 'ValueAddTransformer':
      return fileAt(config, 'targetFilePath', field);
    case 'HelmChartInflationGenerator':
      return chartFiles(config, textOf(config['chartHome']), field);
    default:
      return [];
  }
}

/** Whether the text is inline YAML instead of a path. */
function isInline(text: string): boolean {
  if (!text.includes(':') || /^[a-z]+:\/\//.test(text)) return false;
  const [first] = readYaml(text);
  return first?.kind === 'document' && isObject(first.document.value);
}

export function listAt(object: JsonObject, key: string): readonly Json[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

function strings(kind: Reference['kind'], object: JsonObject, key: string): readonly Reference[] {
  return listAt(object, key).flatMap((path, index) =>
    typeof path === 'string' ? [{ kind, path, field: [key, index] }] : [],
  );
}

function fileAt(value: Json | undefined, key: string, field: Field): readonly Reference[] {
  const path = isObject(value) ? value[key] : undefined;
  return typeof path === 'string' && path !== '' ? [{ kind: 'file', path, field: [...field, key] }] : [];
}

/** `files: [name=path, path]`, `envs: [path]` and the older `env: path`. */
function generatorFiles(generator: Json, field: Field): readonly Reference[] {
  if (!isObject(generator)) return [];
  const files = strings('file', generator, 'files').map((each) => ({
    ...each,
    path: each.path.slice(each.path.indexOf('=') + 1),
  }));
  return [...files, ...strings('file', generator, 'envs')]
    .map((each): Reference => ({ ...each, field: [...field, ...each.field] }))
    .concat(fileAt(generator, 'env', field));
}

function secretFiles(generator: Json, field: Field): readonly Reference[] {
  return generatorFiles(generator, field).map((reference) => ({ ...reference, isSecret: true }));
}

/** The literals of Secret generators. */
export function secretLiterals(generators: readonly Json[]): readonly string[] {
  return generators
    .filter((generator) => isObject(generator))
    .flatMap((generator) => strings('file', generator, 'literals').map(({ path }) => path));
}

function chartFiles(chart: Json, home: string, field: Field): readonly Reference[] {
  if (!isObject(chart)) return [];
  const [name, version, repository] = ['name', 'version', 'repo'].map((key) => textOf(chart[key]));
  const folder = version !== '' && repository !== '' ? [`${name}-${version}`] : [];
  return [
    {
      kind: 'chart',
      path: [home === '' ? 'charts' : home, ...folder, name].join('/'),
      field: [...field, 'name'],
      repository: repository ?? '',
    },
    ...fileAt(chart, 'valuesFile', field),
    ...strings('file', chart, 'additionalValuesFiles').map((each) => ({ ...each, field: [...field, ...each.field] })),
  ];
}

function legacyChartFiles(chart: Json, home: string, field: Field): readonly Reference[] {
  if (!isObject(chart)) return [];
  const { chartName, chartVersion, chartRepoUrl, chartHome, values } = chart;
  const modern = {
    name: chartName ?? '',
    version: chartVersion ?? '',
    repo: chartRepoUrl ?? '',
    ...(typeof values === 'string' ? { valuesFile: values } : {}),
  };
  return chartFiles(modern, textOf(chartHome) === '' ? home : textOf(chartHome), field);
}
