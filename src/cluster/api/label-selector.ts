import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';

/** `spec.selector` of a workload as a query parameter; null if it is missing, empty or invalid. */
export function labelSelectorOf(workload: JsonObject): string | null {
  const spec = isObject(workload['spec']) ? workload['spec'] : {};
  const { selector } = spec;
  if (!isObject(selector)) return null;
  const labels = isObject(selector['matchLabels']) ? selector['matchLabels'] : {};
  const equal = Object.entries(labels).map(([key, value]) => `${key}=${textOf(value)}`);
  const expressions: readonly Json[] = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : [];
  const others = expressions.filter((each) => isObject(each)).map((each) => expressionOf(each));
  const all = [...equal, ...others];
  return all.length === 0 || all.includes(null) ? null : all.join(',');
}

function expressionOf(expression: JsonObject): string | null {
  const key = textOf(expression['key']);
  const values = Array.isArray(expression['values']) ? expression['values'].map((value: Json) => textOf(value)) : [];
  switch (expression['operator']) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return null;
  }
}
