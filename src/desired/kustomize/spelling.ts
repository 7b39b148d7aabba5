import { isObject } from '../../resource/resource.ts';
import type { Json } from '../../resource/resource.ts';

/** Every field that decides what kustomize reads, runs or hides, in a kustomization or the configuration of a plugin. */
const FIELDS = `additionalValuesFiles annotations apiVersion bases buildMetadata chartHome chartName chartRepoUrl
  chartVersion components configHome configMapGenerator configurations crds env envs files generators helmChartInflationGenerator
  helmCharts helmGlobals kind literals metadata name openapi patches patchesJson6902 patchesStrategicMerge path paths
  replacements repo resources secretGenerator targetFilePath transformers validators values valuesFile version`;

const BY_FOLDED = new Map(FIELDS.split(/\s+/).map((field) => [folded(field), field]));

/** Maps whose keys are the user's own. */
const FREE: ReadonlySet<string> = new Set(['commonAnnotations', 'commonLabels', 'labels', 'pairs', 'valuesInline']);

export interface Misspelled {
  readonly field: readonly (string | number)[];
  readonly key: string;
  readonly expected: string;
}

/** Fields that Go's JSON reads under another spelling, because it ignores case: Headgate would not see what they refer to. */
export function misspelledFields(value: Json | undefined, field: Misspelled['field'] = []): readonly Misspelled[] {
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => misspelledFields(item, [...field, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const at = [...field, key];
    const expected = BY_FOLDED.get(folded(key));
    if (expected !== undefined && expected !== key) return [{ field: at, key, expected }];
    // The annotations of a plugin's configuration say whether it is a function; their keys are checked where they are read.
    return FREE.has(key) || key === 'annotations' ? [] : misspelledFields(below, at);
  });
}

/** As encoding/json folds names: besides the case of letters, ſ (U+017F) is an s and K (U+212A) a k. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
