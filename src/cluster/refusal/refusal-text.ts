import type { Problem } from '../../error/deploy-error.ts';
import { refusedFieldText } from '../../error/refused-object.ts';
import type { Refusal, RefusedField } from '../../error/refused-object.ts';
import { formatId, isObject } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import type { Cause, Status } from './status-body.ts';

/**
 * Turns the API server's text into the fields that it is about and a reason for each, without the objects and differences
 * that it dumps. Loaded only for a refusal: a push without errors never reads such a text.
 */
export function describeRefusal(
  problem: Problem,
  status: Status,
  { resource, secret }: { readonly resource: Resource; readonly secret: boolean },
): Refusal {
  const fields = problem.code === 'field-conflict' ? conflicts(status) : fieldsIn(status, { resource, secret });
  if (fields.length === 0) return secret ? problem : { ...problem, message: withoutNoise(problem.message) };
  const { path, line } = resource.source;
  const message = fields.map((field) => refusedFieldText(field)).join('; ');
  return { ...problem, message, refused: { object: formatId(resource.id), path, line, fields } };
}

/** `conflict with "hpa" using autoscaling/v2` */
function conflicts({ causes }: Status): readonly RefusedField[] {
  const byManager = Map.groupBy(causes, ({ message }) => message.replace(/^conflict with /, ''));
  return [...byManager].map(([manager, owned]) => ({
    paths: owned.map(({ field }) => plainPath(field)),
    reason: `owned by ${manager}`,
  }));
}

function fieldsIn(
  status: Status,
  { resource, secret }: { readonly resource: Resource; readonly secret: boolean },
): readonly RefusedField[] {
  const { code, message, causes } = status;
  if (code === 422) {
    const meant = causes.filter((cause) => isMeant(cause)).map((cause) => writtenField(cause, resource));
    const fields = meant.map((cause) => (secret ? hiddenField(cause) : invalidField(cause)));
    return [...Map.groupBy(fields, ({ paths }) => paths[0]).values()].flatMap((same) => joined(same));
  }
  return secret ? hiddenTypedError(message) : [...typedErrors(message), ...strictErrors(message)];
}

/** One field may have several causes, such as two lists of supported values. */
function joined(same: readonly RefusedField[]): readonly RefusedField[] {
  const [first] = same;
  const reason = [...new Set(same.map((field) => field.reason))].join('; ');
  return first === undefined ? [] : [{ ...first, reason }];
}

/** A custom resource has one cause without a field: that its rules were not evaluated yet. */
function isMeant({ field }: Cause): boolean {
  return field !== '' && field !== '<nil>';
}

/** The server validates the list of addresses, of which manifests write only the first. */
function writtenField(cause: Cause, { object: { spec } }: Resource): Cause {
  const isWritten = isObject(spec) && spec['clusterIPs'] === undefined && spec['clusterIP'] !== undefined;
  return isWritten && cause.field === 'spec.clusterIPs[0]' ? { ...cause, field: 'spec.clusterIP' } : cause;
}

function invalidField({ field, message }: Cause): RefusedField {
  const reason = withoutValue(withoutDump(message));
  return { paths: [field], reason, ...(CHANGE.test(message) ? { isChange: true } : {}) };
}

/** Each kind words it differently. The match decides only whether the fields that differ are named. */
const CHANGE = /immutable|may not (be )?change|cannot change|can ?not be (changed|modified|updated)|updates to/;

/** A difference, or an object as Go prints it, on the lines after the reason. */
function withoutDump(message: string): string {
  return message.replace(/\n(@@ |\s*[\w.*&[\]]*\{)[\s\S]*$/, '');
}

/** `Invalid value: {…2 KB…}: field is immutable` */
function withoutValue(message: string): string {
  const [, kind = '', rest = ''] = /^([A-Z][a-z]+ value|Not found): ([\s\S]*)$/.exec(message) ?? [];
  const end = kind === '' ? 0 : endOfObject(rest);
  if (end === 0) return message;
  const reason = rest.slice(end).replace(/^: /, '');
  return reason === '' ? kind : reason;
}

/** The length of the object or list that the text begins with, as JSON or as Go prints it; 0: it begins with neither. */
function endOfObject(text: string): number {
  const start = /^(&|map\[\w+\]|\[\])?[\w.]*( \{\})?[{[]/.exec(text)?.[0].length ?? 0;
  if (start === 0) return 0;
  let depth = 1;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (index < start) continue;
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 0) return index + 1;
  }
  return text.length;
}

/** `failed to create typed patch object (ns/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema` */
function typedErrors(message: string): readonly RefusedField[] {
  const [, errors = ''] = /^failed to create typed patch object \(.*?\): ([\s\S]*)$/.exec(message) ?? [];
  return errors.split('\n').flatMap((line) => {
    const [, path = '', reason = ''] = /^\s*(\..*?): (.+)$/.exec(line) ?? [];
    return path === '' ? [] : [{ paths: [plainPath(path)], reason: withoutGo(reason) }];
  });
}

/** `expected string, got &value.valueUnstructured{Value:1}` */
function withoutGo(reason: string): string {
  return reason
    .replace(/&(?:value\.valueUnstructured)?\{(?:Value:)?(.*)\}$/, '$1')
    .replace(/got map\[.*$/, 'got a map')
    .replace(/got \[\].*$/, 'got a list');
}

/** `…: strict decoding error: unknown field "spec.a", unknown field "spec.b"` */
function strictErrors(message: string): readonly RefusedField[] {
  const [, errors = ''] = /strict decoding error: ([\s\S]*)$/.exec(message) ?? [];
  return [...errors.matchAll(/(unknown|duplicate) field "([^"]+)"/g)].map(([, what = '', path = '']) => ({
    paths: [plainPath(path)],
    reason: `${what} field`,
  }));
}

/** What says nothing about the manifest, before and after the reason. */
function withoutNoise(message: string): string {
  return withoutDump(message).replace(
    /^failed to convert new object \(.*?\) to proper version: (unable to convert unstructured object to .*?: )?/,
    'cannot be converted: ',
  );
}

const OMITTED = 'message omitted because it may quote a hidden value';

/** The server's field path and reason, but not its message, which may quote values. */
function hiddenField({ field, reason, message }: Cause): RefusedField {
  return CHANGE.test(message)
    ? { paths: [field], reason: 'it cannot be changed', isChange: true }
    : { paths: [field], reason: `refused by the API server (${reason}); ${OMITTED}` };
}

function hiddenTypedError(message: string): readonly RefusedField[] {
  const path = /^failed to create typed patch object.*?: (\.[\w.[\]-]+): /.exec(message)?.[1];
  return path === undefined ? [] : [{ paths: [plainPath(path)], reason: `refused by the API server; ${OMITTED}` }];
}

function plainPath(path: string): string {
  return path.replace(/^\./, '');
}
