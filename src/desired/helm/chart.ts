import type { ScalarSetting } from '../../config/checked/config.ts';
import { isObject, metadataMap } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { Variables } from '../../resource/substitution.ts';
import { readYaml } from '../../resource/yaml.ts';
import { FAR, asHook } from '../plain/hooks.ts';
import type { Desired } from '../plain/plain.ts';
import { readOutput } from '../kustomize/rendered.ts';
import { joinPaths } from '../kustomize/paths.ts';

export interface TemplatedFrom {
  /** The file to report for output without an origin. */
  readonly file: string;
  /** Null: the chart is not in the repository. */
  readonly chart: { readonly chart: string; readonly name: string } | null;
  readonly variables: Variables | null;
}

/** Reads the output of `helm template`, which names the template of each document in a comment above it. */
export function readTemplated(output: Uint8Array, { file, chart, variables }: TemplatedFrom): Desired {
  const sources = sourcesIn(output);
  return readOutput(output, {
    file,
    variables,
    locate: (manifest) => {
      const written = sources.findLast(({ line }) => line < manifest.source.line)?.template;
      const path = written === undefined || chart === null ? null : templatePath(written, chart);
      // Lines of the output do not correspond to lines of the template.
      return { ...manifest, source: { path: path ?? file, line: 1 } };
    },
  });
}

function sourcesIn(output: Uint8Array): readonly { readonly line: number; readonly template: string }[] {
  return Buffer.from(output)
    .toString()
    .split('\n')
    .flatMap((text, index) => {
      const template = /^# Source: (\S+)$/.exec(text)?.[1];
      return template === undefined ? [] : [{ line: index + 1, template }];
    });
}

/** Helm writes `<chart name>/templates/…`, with subcharts below `charts/`; a template may print any such comment. */
function templatePath(template: string, { chart, name }: { chart: string; name: string }): string | null {
  const [first, ...path] = template.split('/');
  return first === name && !path.includes('..') ? joinPaths(chart, path.join('/')) : null;
}

/** The name in Chart.yaml; '' when it has none, and then Helm reports the error. */
export function chartNameOf(bytes: Uint8Array | null): string {
  const [first] = bytes === null ? [] : readYaml(Buffer.from(bytes).toString());
  const value = first?.kind === 'document' ? first.document.value : null;
  return isObject(value) && typeof value['name'] === 'string' ? value['name'] : '';
}

/** Turns `image.tag: v1` into the nested values of Helm; a dot inside a key is written `\.`. */
export function valuesOf(set: Readonly<Record<string, ScalarSetting>>): JsonObject {
  return Object.entries(set).reduce<JsonObject>(
    (values, [path, value]) =>
      withValue(
        values,
        path.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.')),
        value,
      ),
    {},
  );
}

function withValue(values: JsonObject, [key = '', ...rest]: readonly string[], value: Json): JsonObject {
  const before = values[key];
  if (rest.length === 0) return { ...values, [key]: value };
  return { ...values, [key]: withValue(isObject(before) ? before : {}, rest, value) };
}

/** Hooks that Helm runs on install or upgrade; the others are for deletions, rollbacks and `helm test`. */
const BEFORE: ReadonlySet<string> = new Set(['pre-install', 'pre-upgrade', 'crd-install']);
const AFTER: ReadonlySet<string> = new Set(['post-install', 'post-upgrade']);

/** Turns hooks into ordinary objects in waves before and after the others, ordered by weight, as Argo CD does. */
export function hooksInOrder(desired: Desired): Desired {
  const manifests = desired.manifests.flatMap((manifest) => {
    const annotations = metadataMap(manifest.object, 'annotations');
    const hook = annotations['helm.sh/hook'];
    if (hook === undefined || 'argocd.argoproj.io/hook' in annotations) return [manifest];
    const events = hook.split(',').map((event) => event.trim());
    const weight = Number(annotations['helm.sh/hook-weight'] ?? '0');
    const base = events.some((event) => BEFORE.has(event))
      ? -FAR
      : events.some((event) => AFTER.has(event))
        ? FAR
        : null;
    return base === null ? [] : [asHook(manifest, base + (Number.isSafeInteger(weight) ? weight : 0))];
  });
  return { ...desired, manifests };
}
