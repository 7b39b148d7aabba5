import type * as z from 'zod';
import { isRecord } from './document.ts';
import type { ConfigDocument, Mistake, Path } from './document.ts';

/** A mistake at a key, as the end of a sentence that begins with it. */
export interface Fault {
  readonly message: string;
  readonly remedy: string;
}

/** Collects every mistake of one file while it is checked. */
export interface Findings {
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
  /** 1-based. */
  readonly lineOf: (path: Path) => number;
  mistake(path: Path, fault: Fault): void;
  warn(path: Path, fault: Fault): void;
  /** The parsed value, or null after its mistakes were noted. */
  parse<Schema extends z.ZodType>(schema: Schema, value: unknown, path: Path): z.output<Schema> | null;
}

export function collectFindings(document: ConfigDocument): Findings {
  const mistakes: Mistake[] = [...document.mistakes];
  const warnings: Mistake[] = [];
  const placed = (path: Path, { message, remedy }: Fault): Mistake => ({
    line: document.lineOf(path),
    message: `${describe(path, document.value)} ${message}`,
    remedy,
  });
  return {
    mistakes,
    warnings,
    lineOf: document.lineOf,
    mistake: (path, fault) => void mistakes.push(placed(path, fault)),
    warn: (path, fault) => void warnings.push(placed(path, fault)),
    parse(schema, value, path) {
      const result = schema.safeParse(value, { reportInput: true });
      if (result.success) return result.data;
      mistakes.push(...result.error.issues.map((issue) => placed([...path, ...issue.path], faultOf(issue))));
      return null;
    },
  };
}

const SECTIONS = new Map<PropertyKey, string>([
  ['clusters', 'cluster'],
  ['repositories', 'repository'],
  ['targets', 'target'],
]);

/** `prune.limit of target shop-prod`: what a mistake at this path is about. */
function describe(path: Path, root: unknown): string {
  const [section, entry, ...field] = path;
  if (section === undefined) return 'the file';
  const what = SECTIONS.get(section);
  if (what === undefined || entry === undefined) return `${formatField(path)} of the file`;
  const label = `${what} ${section === 'targets' ? targetLabel(root, entry) : String(entry)}`;
  return field.length === 0 ? label : `${formatField(field)} of ${label}`;
}

function targetLabel(root: unknown, index: PropertyKey): string {
  const targets = isRecord(root) ? root['targets'] : null;
  const target: unknown = Array.isArray(targets) ? targets[Number(index)] : null;
  const name = isRecord(target) ? target['name'] : null;
  return typeof name === 'string' && /^[\w.{}-]{1,60}$/.test(name) ? name : `number ${Number(index) + 1}`;
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
  ['url', 'url: https://github.com/acme/fleet.git'],
  ['paths', 'paths: [/spec/replicas]'],
  ['region', 'region: eu-west-1'],
  ['directories', 'directories: "clusters/*/apps/*"'],
  ['clusters', 'clusters: [lab]'],
  ['namespaces', 'namespaces: [shop]'],
]);

function faultOf(issue: z.core.$ZodIssue): Fault {
  if (issue.code === 'custom') {
    const remedy: unknown = issue.params?.['remedy'];
    return { message: issue.message, remedy: typeof remedy === 'string' ? remedy : 'Mend it.' };
  }
  if (issue.input === undefined) {
    const key = issue.path.at(-1);
    return { message: 'is missing', remedy: `Add ${EXAMPLES.get(key) ?? String(key)}.` };
  }
  if (issue.input === null) return { message: 'is empty', remedy: 'Give it a value, or remove the key.' };
  if (issue.code === 'invalid_type') return typeFault(issue.expected);
  if (issue.code === 'invalid_value') {
    return {
      message: `must be ${issue.values.join(' or ')}`,
      remedy: `Write ${String(issue.values[0])}, for example.`,
    };
  }
  // A union that failed inside one of its members says more there.
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().find(({ code }) => code === 'custom') : undefined;
  if (inner !== undefined) return faultOf(inner);
  return { message: 'must be text or a whole number', remedy: 'Put text into quotes.' };
}

function typeFault(expected: string): Fault {
  switch (expected) {
    case 'string':
      return { message: 'must be text', remedy: 'Put the value into quotes, if it is meant as one piece of text.' };
    case 'boolean':
      return { message: 'must be true or false', remedy: 'Write true or false, without quotes.' };
    case 'bigint':
      return { message: 'must be a whole number', remedy: 'Write digits alone, without quotes.' };
    case 'array':
      return { message: 'must be a list', remedy: 'Put it into brackets: [one, two].' };
    default:
      return { message: 'must be a map', remedy: 'Write keys and values below it, indented.' };
  }
}
