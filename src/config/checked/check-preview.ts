import { ADD_KEY } from './check-pull-requests.ts';
import { checkName, checkNotify, resolveSettings } from './check-settings.ts';
import type { Names } from './check-settings.ts';
import type { Preview, Target, TargetTemplate } from './config.ts';
import { hostOf, HOST_NAMES, isHost, nameOfHost } from '../../githost/hosts.ts';
import { mayBecome, mayMeet, prefixOf, PREVIEW_PLACEHOLDERS } from '../previews/preview-names.ts';
import * as previewShape from '../previews/preview-shape.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { isNamespace, isTargetName } from '../written/names.ts';
import { nearest } from '../written/nearest.ts';
import { hasPlaceholder, normalizePlaceholders, placeholdersIn, replacePlaceholders } from '../written/placeholders.ts';
import * as shape from '../written/shape.ts';

interface Context {
  readonly names: Names;
  /** Those without mistakes. */
  readonly targets: readonly Target[];
  readonly templates: readonly TargetTemplate[];
  /** The file has `key`. */
  readonly hasKey: boolean;
  readonly findings: Findings;
}

type Raw = Readonly<Record<string, unknown>>;

interface Entry extends Context {
  readonly path: Path;
  readonly value: Raw;
}

/** As long as a number of a pull request may become. */
const LONGEST_NUMBER = '9'.repeat(7);

export function checkPreviews(written: unknown, context: Context): readonly Preview[] {
  if (written === undefined) return [];
  if (!Array.isArray(written)) {
    const remedy = 'Write each preview as a list item: - name: "shop-pr-{{number}}", with its other keys below.';
    context.findings.error(['previews'], { message: 'must be a list', remedy });
    return [];
  }
  const list: readonly unknown[] = written;
  for (const [index, value] of list.entries()) if (isRecord(value)) checkMeeting(list, { index, value }, context);
  return list.flatMap((value, index) => checkPreview(value, ['previews', index], context) ?? []);
}

function checkPreview(value: unknown, path: Path, context: Context): Preview | null {
  const { names, findings } = context;
  const written = findings.parse(previewShape.preview, value, path);
  if (!isRecord(value)) return null;
  const entry = { ...context, path, value };
  checkName(value['repository'], [...path, 'repository'], { what: 'repository', known: names.repositories, findings });
  checkName(value['cluster'], [...path, 'cluster'], { what: 'cluster', known: names.clusters, findings });
  checkNotify(value['notify'], [...path, 'notify'], { names, findings });
  checkRights(entry);
  const name = checkPrefix('name', isTargetName, entry);
  const namespace = checkPrefix('namespace', isNamespace, entry);
  checkPlaceholders(entry);
  if (namespace !== null) checkListed(namespace, entry);
  const repository = names.repositories.get(String(value['repository']));
  const cluster = names.clusters.get(String(value['cluster']));
  if (written === null || name === null || namespace === null || !repository || !cluster) return null;
  return {
    name: normalizePlaceholders(written.name),
    prefixes: { name, namespace },
    label: written.pullRequest.label,
    path: written.path,
    cluster,
    ttlMs: written.ttl,
    limit: written.limit,
    url: written.url ?? null,
    settings: resolveSettings(asTarget(value, written.pullRequest.into), {
      repository,
      decryption: null,
      windows: [],
    }),
  };
}

/** The defaults of targets, without anything that a pull request must not have. */
function asTarget(
  { repository, cluster, serviceAccount, kustomize, helm, substitute, wait, notify }: Raw,
  into: string,
) {
  const written = { serviceAccount, kustomize, helm, substitute, wait, notify };
  const set = Object.fromEntries(Object.entries(written).filter(([, each]) => each !== undefined));
  return shape.target.parse({
    ...set,
    repository,
    cluster,
    branch: into,
    name: 'preview',
    namespace: 'preview',
    drift: 'off',
  });
}

/** A preview needs pull requests that can be read, and a key that signs its comment. */
function checkRights({ value, path, names, hasKey, findings }: Entry): void {
  const refuse = (message: string, remedy: string) => findings.error([...path, 'repository'], { message, remedy });
  const repository = names.repositories.get(String(value['repository']));
  if (repository && hostOf(repository).loadPullRequests === null) {
    const others = HOST_NAMES.filter((name) => isHost(name) && hostOf({ host: name }).loadPullRequests !== null);
    refuse(
      `is on host ${nameOfHost(repository.host)}, whose pull requests Headgate does not read`,
      `Remove the preview; previews work on ${others.join(', ')}.`,
    );
  }
  if (repository && repository.credentials === null)
    refuse('requires credentials, which read pull requests', 'Add credentials: env:FLEET_TOKEN to the repository.');
  if (!hasKey) refuse('requires key, which signs the comment of a preview', ADD_KEY);
}

/** A namespace is created and deleted by this name, so no other text may decide it. */
function checkPrefix(
  key: 'name' | 'namespace',
  isValid: (text: string) => boolean,
  { value, path, findings }: Entry,
): string | null {
  const text = value[key];
  if (typeof text !== 'string') return null;
  const prefix = prefixOf(text);
  const at = [...path, key];
  const example = `Write it as "shop-pr-{{number}}".`;
  if (prefix === null) {
    findings.error(at, { message: 'is not a prefix followed by {{number}}', remedy: example });
    return null;
  }
  if (isValid(prefix + LONGEST_NUMBER)) return prefix;
  const [what, longest] = key === 'name' ? ['target name', 40] : ['namespace', 63];
  const remedy = `Use lowercase letters, digits and dashes, at most ${longest - LONGEST_NUMBER.length} before {{number}}.`;
  findings.error(at, { message: `is not a valid ${what}, whatever the number is`, remedy });
  return null;
}

/** Elsewhere a placeholder would be deployed as it is written, so it is refused. */
function checkPlaceholders({ value, path, findings }: Entry): void {
  const { url, substitute } = value;
  const variables = isRecord(substitute) && isRecord(substitute['variables']) ? substitute['variables'] : {};
  if (typeof url === 'string') {
    checkText(url, [...path, 'url'], findings);
    if (!/^https?:\/\/[^\s/<>]+(?:\/[^\s<>]*)?$/.test(replacePlaceholders(url, 'x')))
      findings.error([...path, 'url'], {
        message: 'is not a URL',
        remedy: 'Write it as "https://pr-{{number}}.shop.example.com".',
      });
  }
  for (const [name, text] of Object.entries(variables))
    if (typeof text === 'string') checkText(text, [...path, 'substitute', 'variables', name], findings);
  for (const key of ['path', 'helm', 'kustomize', 'serviceAccount', 'cluster']) {
    if (value[key] === undefined || !hasPlaceholder(JSON.stringify(value[key], bigintAsText))) continue;
    findings.error([...path, key], {
      message: 'has a placeholder, but placeholders are not replaced in this key',
      remedy: 'Use it in substitute.variables, and the variable in the files.',
    });
  }
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function checkText(text: string, at: Path, findings: Findings): void {
  const all = PREVIEW_PLACEHOLDERS.map((each) => `{{${each}}}`).join(', ');
  for (const unknown of placeholdersIn(text)) {
    if (PREVIEW_PLACEHOLDERS.some((each) => each === unknown)) continue;
    const suggestion = nearest(unknown, PREVIEW_PLACEHOLDERS);
    const remedy = suggestion === null ? `Use one of ${all}.` : `Did you mean {{${suggestion}}}?`;
    findings.error(at, { message: 'has an unknown placeholder', remedy });
  }
  if (!/\{\{|\}\}/.test(replacePlaceholders(text, 'x'))) return;
  findings.error(at, { message: 'has braces that do not form a placeholder', remedy: `Use one of ${all}.` });
}

/** Refuses a namespace that a target lists: the namespaces of previews are created and deleted. */
function checkListed(prefix: string, { path, targets, templates, findings }: Entry): void {
  const lists = [
    ...targets.map(({ name, namespace, namespaces }) => ({
      by: `target ${name}`,
      of: [namespace, ...(namespaces === '*' ? [] : namespaces)],
    })),
    ...templates.map(({ name, forEach, namespaces }) => ({
      by: `template ${name}`,
      of: [...forEach.namespaces, ...(namespaces ?? [])],
    })),
  ];
  for (const { by, of } of lists) {
    const taken = of.find((each) => mayBecome(prefix, each));
    if (taken === undefined) continue;
    const remedy = 'Change the prefix: the namespace of a preview is created and deleted with it.';
    findings.error([...path, 'namespace'], { message: `may become ${taken}, which ${by} deploys to`, remedy });
  }
}

/** Refuses names and namespaces that another preview may have, and names that a target has. */
function checkMeeting(
  list: readonly unknown[],
  { index, value }: { readonly index: number; readonly value: Raw },
  { names, findings }: Context,
): void {
  for (const key of ['name', 'namespace'] as const) {
    const prefix = prefixOf(String(value[key]));
    if (prefix === null) continue;
    const earlier = list.slice(0, index).flatMap((other) => (isRecord(other) ? [prefixOf(String(other[key]))] : []));
    if (!earlier.some((other) => other !== null && mayMeet(prefix, other))) continue;
    findings.error(['previews', index, key], {
      message: 'may be the same as that of another preview',
      remedy: `Give each preview its own prefix.`,
    });
  }
  const prefix = prefixOf(String(value['name']));
  const taken = [...names.targets.keys()].find((name) => prefix !== null && mayBecome(prefix, name));
  if (taken === undefined) return;
  const remedy = 'Change the prefix, or rename the target.';
  findings.error(['previews', index, 'name'], { message: `may become ${taken}, which is a target`, remedy });
}
