import type * as z from 'zod';
import type { Explanation } from '../../error/deploy-error.ts';
import { isRecord } from './document.ts';
import type { ConfigDocument, Finding, Path } from './document.ts';
import { nearest } from './nearest.ts';

/** Collects the errors and warnings of one file. Each message completes a sentence that begins with the key. */
export interface Findings {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** 1-based. */
  readonly lineOf: (path: Path) => number;
  error(path: Path, explanation: Explanation): void;
  warn(path: Path, explanation: Explanation): void;
  /** The parsed value; null when invalid, with its errors added to the findings. */
  parse<Schema extends z.ZodType>(schema: Schema, value: unknown, path: Path): z.output<Schema> | null;
}

export function collectFindings(document: ConfigDocument): Findings {
  const errors: Finding[] = [...document.errors];
  const warnings: Finding[] = [];
  const findingAt = (path: Path, { message, remedy }: Explanation): Finding => ({
    line: document.lineOf(path),
    message: `${describe(path, document.value)} ${message}`,
    remedy,
  });
  return {
    errors,
    warnings,
    lineOf: document.lineOf,
    error: (path, explanation) => void errors.push(findingAt(path, explanation)),
    warn: (path, explanation) => void warnings.push(findingAt(path, explanation)),
    parse(schema, value, path) {
      const result = schema.safeParse(value, { reportInput: true });
      if (result.success) return result.data;
      errors.push(...result.error.issues.map((issue) => findingAt([...path, ...issue.path], explain(issue))));
      return null;
    },
  };
}

const SECTIONS = new Map<PropertyKey, string>([
  ['clusters', 'cluster'],
  ['repositories', 'repository'],
  ['targets', 'target'],
  ['images', 'image'],
  ['previews', 'preview'],
  ['promotions', 'promotion'],
  ['channels', 'channel'],
]);

/** `prune.limit of target shop-prod`. */
function describe(path: Path, root: unknown): string {
  const [section, entry, ...field] = path;
  if (section === undefined) return 'the file';
  const what = SECTIONS.get(section);
  if (what === undefined || entry === undefined) return `${formatField(path)} of the file`;
  const label = `${what} ${typeof entry === 'number' ? labelOf(root, section, entry) : String(entry)}`;
  return field.length === 0 ? label : `${formatField(field)} of ${label}`;
}

/** The entry of a list by its name, or else by its number. */
function labelOf(root: unknown, section: PropertyKey, index: number): string {
  const list = isRecord(root) ? root[String(section)] : null;
  const entry: unknown = Array.isArray(list) ? list[index] : null;
  const name = isRecord(entry) ? entry['name'] : null;
  return typeof name === 'string' && /^[\w.{}-]{1,60}$/.test(name) ? name : `number ${index + 1}`;
}

function formatField(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

const EXAMPLES = new Map<PropertyKey | undefined, string>([
  ['name', 'name: shop-prod'],
  ['repository', 'repository: fleet'],
  ['branch', 'branch: main'],
  ['cluster', 'cluster: lab'],
  ['namespace', 'namespace: shop'],
  ['host', 'host: github'],
  ['kind', 'kind: slack'],
  ['url', 'url: https://github.com/acme/fleet.git'],
  ['paths', 'paths: [/spec/replicas]'],
  ['region', 'region: eu-west-1'],
  ['directories', 'directories: "clusters/*/apps/*"'],
  ['clusters', 'clusters: [lab]'],
  ['namespaces', 'namespaces: [shop]'],
  ['image', 'image: ghcr.io/acme/web'],
  ['policy', 'policy: { semver: "^1.2.0" }'],
  ['webhook.kind', 'kind: ghcr'],
  ['writes', 'writes: [{ repository: fleet, branch: main }]'],
  ['username', 'username: NAME'],
  ['pullRequest', 'pullRequest: { label: preview, into: main }'],
  ['label', 'label: preview'],
  ['into', 'into: main'],
  ['stages', 'stages: [shop-dev, shop-prod]'],
  ['to', 'to: shop-prod'],
  ['from', 'from: { all: [shop-eu, shop-us] }'],
  ['context', 'context: e2e'],
]);

function explain(issue: z.core.$ZodIssue): Explanation {
  if (issue.code === 'custom') {
    const remedy: unknown = issue.params?.['remedy'];
    return { message: issue.message, remedy: typeof remedy === 'string' ? remedy : 'Fix it.' };
  }
  if (issue.input === undefined) {
    const key = issue.path.at(-1);
    const example = EXAMPLES.get(issue.path.slice(-2).join('.')) ?? EXAMPLES.get(key) ?? String(key);
    return { message: 'is missing', remedy: `Add ${example}.` };
  }
  if (issue.input === null) return { message: 'is empty', remedy: 'Set a value, or remove the key.' };
  if (issue.code === 'invalid_type') return wrongType(issue.expected);
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const meant = typeof issue.input === 'string' ? nearest(issue.input, values) : null;
    const remedy = meant === null ? `Write ${values[0]}, for example.` : `Did you mean ${meant}?`;
    return { message: `must be ${oneOf(values)}`, remedy };
  }
  // An error inside one member of a union is more specific.
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().find(({ code }) => code === 'custom') : undefined;
  if (inner !== undefined) return explain(inner);
  return { message: 'must be a string or an integer', remedy: 'Quote a string.' };
}

function oneOf(values: readonly string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

function wrongType(expected: string): Explanation {
  switch (expected) {
    case 'string':
      return { message: 'must be a string', remedy: 'Quote the value if it is meant as a string.' };
    case 'boolean':
      return { message: 'must be true or false', remedy: 'Write true or false, without quotes.' };
    case 'bigint':
      return { message: 'must be an integer', remedy: 'Write only digits, without quotes.' };
    case 'array':
      return { message: 'must be a list', remedy: 'Use brackets: [one, two].' };
    default:
      return { message: 'must be a map', remedy: 'Write its keys and values indented below it.' };
  }
}
