import { clusterName } from '../init/names.ts';
import { repositoryLines } from '../init/format-config.ts';
import { escapeInvisible, visibleLine } from '../../error/visible-text.ts';
import { isMap } from '../init/manifests.ts';
import type { Imported, ImportedTarget } from './imported.ts';
import type { Remark } from './remarks.ts';

interface WrittenCluster {
  readonly kubeconfig: string;
  readonly context: string;
}

/** A commented headgate.yml. A target that lacks something is a comment as a whole. */
export function formatImport(imported: Imported, tool: string, { kubeconfig, context }: WrittenCluster): string {
  const contexts = [context, ...imported.otherContexts.filter((name) => name !== context)];
  const clusters = contexts.map(
    (name) => `  ${flow(clusterName(name))}:\n    kubeconfig: ${flow({ path: kubeconfig, context: name })}`,
  );
  const entries = imported.targets.map((target) => targetEntry(target, imported.remarks));
  const isEmpty = imported.targets.every(({ isIncomplete }) => isIncomplete);
  return `# Written by headgate import ${tool}. headgate explain KEY shows what a key means.
# Keep this file out of the repositories that it deploys: anyone who can push could choose clusters and limits.
# docs/migrate.md has the order in which to remove ${TOOLS[tool] ?? tool} without an outage.
clusters:
${clusters.join('\n')}

repositories:
${imported.repositories.map((repository) => repositoryLines(repository)).join('\n')}

# adopt: true takes over what ${TOOLS[tool] ?? tool} owns. Remove it when the move is complete.
targets:${isEmpty ? ' []' : ''}
${entries.join('\n')}`;
}

const TOOLS: Readonly<Record<string, string>> = { flux: 'Flux', argocd: 'Argo CD' };

function targetEntry({ from, settings, isIncomplete }: ImportedTarget, remarks: readonly Remark[]): string {
  const own = remarks.filter(({ object }) => object === from);
  const file = own.find((each) => each.file !== null)?.file ?? null;
  const comments = [
    `from ${from}${file === null ? '' : ` (${file})`}`,
    ...own.filter(({ kind }) => kind !== 'note').map(({ field, message }) => `  not translated: ${field}: ${message}`),
    ...(isIncomplete ? ['It is a comment, because something is missing.'] : []),
  ];
  const keys = Object.entries(settings).map(
    ([key, value], at) => `${at === 0 ? '  - ' : '    '}${key}: ${flow(value)}`,
  );
  const lines = isIncomplete ? keys.map((line) => `  # ${line.slice(2)}`) : keys;
  return `${[...comments.map((text) => `  # ${visibleLine(text)}`), ...lines].join('\n')}\n`;
}

/** What YAML 1.2 and 1.1 both read as text without quotes, also within braces. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|y|n|null)$)[A-Za-z_/][\w./-]*(?::[\w/.-]+)*$/i;

/** A value on one line. */
function flow(value: unknown): string {
  if (typeof value === 'string') return PLAIN.test(value) ? value : quoted(value);
  if (Array.isArray(value)) return `[${value.map((item) => flow(item)).join(', ')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, child]) => `${flow(key)}: ${flow(child)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** A person reads the file before it is used: nothing in it may look like something else. */
function quoted(text: string): string {
  return escapeInvisible(JSON.stringify(text));
}
