import type { Preview, Target } from '../checked/config.ts';
import { safeBranch } from '../previews/preview-names.ts';
import { fillPlaceholders } from '../written/placeholders.ts';
import type { PlaceholderValues } from '../written/placeholders.ts';

/** What a preview needs to know of its pull request. */
export interface PreviewHead {
  readonly number: number;
  readonly branch: string;
  /** The commit. */
  readonly sha: string;
}

/** The target that deploys the head of a pull request. The pull request decides nothing but the values of placeholders. */
export function previewTarget({ prefixes, path, cluster, settings }: Preview, head: PreviewHead): Target {
  const namespace = `${prefixes.namespace}${head.number}`;
  const values = valuesOf(head);
  return {
    ...settings,
    name: `${prefixes.name}${head.number}`,
    path,
    cluster,
    namespace,
    namespaces: [namespace],
    branch: head.branch,
    ref: `refs/heads/${head.branch}`,
    variables: settings.variables === null ? null : filled(settings.variables, values),
    generatedFrom: null,
  };
}

/** Null: it is not written. */
export function previewUrl({ url }: Pick<Preview, 'url'>, head: PreviewHead): string | null {
  return url === null ? null : fillPlaceholders(url, valuesOf(head));
}

function valuesOf({ number, branch, sha }: PreviewHead): PlaceholderValues {
  return new Map([
    ['number', String(number)],
    ['branch', safeBranch(branch)],
    ['sha', sha],
  ]);
}

function filled(variables: Readonly<Record<string, string>>, values: PlaceholderValues): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, fillPlaceholders(text, values)]));
}
