import { DeployError } from '../../error/deploy-error.ts';
import type { ErrorCode } from '../../error/deploy-error.ts';
import type { FieldConflict } from '../../plan/model/facts.ts';
import { parseJson } from '../../resource/json.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { KubeAnswer } from './connection.ts';
import { describeRight, grantOf, missingRight } from './missing-right.ts';

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface Status {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** The resource (plural) and name that the answer speaks of, which need not be the one that was sent. */
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly Cause[];
}

/** Server-side apply answers unknown fields and wrong types with 500 and no reason (1.37); only the text tells them apart. */
const TYPED_PATCH = /^failed to (create typed patch object|convert new object)/;

/** So is an object that was applied in another version of its API, which does not know a field of the new one (1.37). */
const STALE_VERSION = /^failed to prune fields: .*field not declared in schema/;

/** Each kind has its own words for a field that cannot change. They decide the remedy that is told, and nothing else. */
const IMMUTABLE =
  /(?<!not )immutable|updates to .* (is|are) forbidden|cannot change|may not (be changed|change once set)|field can not be modified/;

/** What passed the dry run and does not fit into etcd comes back as a plain 500. */
const TOO_LARGE = /etcdserver: request is too large/;

/** What a refusal of the API server means for us (design decision 11). `secret`: none of its words may be repeated. */
export function problemOf(answer: KubeAnswer, { subject, secret }: { subject: string; secret: boolean }): DeployError {
  const status = readStatus(answer);
  const code = codeOf(status);
  const right = code === 'manifest-forbidden' ? missingRight(status.message) : null;
  const message = right === null ? messageOf(code, status, secret) : describeRight(right);
  return new DeployError(code, { subject, message, remedy: remedyOf(code, status) });
}

function messageOf(code: ErrorCode, status: Status, secret: boolean): string {
  return secret ? secretMessage(status) : (MESSAGES[code]?.(status) ?? status.message);
}

/** Of a refused apply; empty for every other answer. Paths only: no value is in them. */
export function conflictsOf(answer: KubeAnswer): readonly FieldConflict[] {
  if (answer.status !== 409) return [];
  return readStatus(answer).causes.flatMap(({ field, message }) => {
    const manager = /^conflict with "([^"]+)"/.exec(message)?.[1];
    return manager === undefined ? [] : [{ field, manager }];
  });
}

/** Of a 404: the kind is served, and there is no such object; else it is the kind that is not served. */
export function isMissingObject(answer: KubeAnswer): boolean {
  return readStatus(answer).name !== '';
}

function codeOf({ code, reason, message, kind, name, causes }: Status): ErrorCode {
  if (code === 401) return 'cluster-unauthorized';
  if (code === 403) return isTerminating(causes) ? 'still-deleting' : 'manifest-forbidden';
  if (code === 404) return kind === 'namespaces' && name !== '' ? 'namespace-missing' : 'kind-unknown';
  // Without one who holds the fields: somebody wrote to the object at the same moment.
  if (code === 409)
    return causes.some((cause) => cause.reason === 'FieldManagerConflict') ? 'field-conflict' : 'object-busy';
  if (code === 429) return 'cluster-throttled';
  if (code === 413 || TOO_LARGE.test(message)) return 'manifest-too-large';
  if (code === 500 && reason === '' && TYPED_PATCH.test(message)) return 'manifest-rejected';
  if (code === 500 && reason === '' && STALE_VERSION.test(message)) return 'version-stale';
  if (code >= 500) return 'cluster-broken';
  if (code === 422 && causes.some((cause) => IMMUTABLE.test(cause.message))) return 'field-immutable';
  return 'manifest-rejected';
}

/** Nothing can be created in a namespace that is on its way out. */
function isTerminating(causes: readonly Cause[]): boolean {
  return causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

const MESSAGES: Partial<Record<ErrorCode, (status: Status) => string>> = {
  'field-conflict': ({ causes, message }) =>
    causes.length === 0
      ? message
      : `other managers own fields of it: ${causes.map(({ message: who, field }) => `${field} (${who.replace(/^conflict with /, '')})`).join(', ')}`,
  'cluster-broken': ({ code, message }) => `the API server failed (${code}): ${message}`,
};

/** Field paths and reasons are the server's; values, which its messages may quote, stay out. */
function secretMessage({ code, causes, message }: Status): string {
  const typed = /^failed to create typed patch object.*?: (\.[\w.[\]-]+): /.exec(message)?.[1];
  const fields = causes.map(({ field, reason }) => `${field} (${reason})`);
  const where = fields.length > 0 ? fields.join(', ') : (typed ?? 'a field that the server names');
  return `the API server refuses it (${code}): ${where}; its words may quote a hidden value and are left out`;
}

function remedyOf(code: ErrorCode, { message }: Status): string {
  switch (code) {
    case 'manifest-forbidden': {
      const right = missingRight(message);
      return right === null ? 'Change the manifest, or the policy or quota that refuses it.' : grantOf(right);
    }
    case 'namespace-missing':
      return 'Create the namespace, add it to the repository, or set createNamespace: true on the target.';
    case 'kind-unknown':
      return 'Mend kind or apiVersion, or push the CustomResourceDefinition that defines it.';
    case 'field-immutable':
      return 'The field cannot change: take the change back, or allow the object to be deleted and created again with the annotation headgate.dev/replace: immutable.';
    case 'field-conflict':
      return 'Take the fields out of the manifest or into ignore, or set conflicts: force on the target.';
    case 'version-stale':
      return 'Another manager holds it in a version that does not know the field: let that one write the new version first.';
    case 'manifest-too-large':
      return 'Split the object.';
    case 'cluster-broken':
    case 'cluster-throttled':
    case 'cluster-unauthorized':
    case 'object-busy':
      return 'It is tried again.';
    case 'still-deleting':
      return 'It is tried again until the namespace is gone; it is then created if that is allowed.';
    default:
      return 'Mend the manifest; kubectl explain shows the fields of a kind.';
  }
}

function readStatus({ status, text }: KubeAnswer): Status {
  const body = parseStatus(text);
  const details = isObject(body['details']) ? body['details'] : {};
  const causes: readonly Json[] = Array.isArray(details['causes']) ? details['causes'] : [];
  return {
    code: status,
    reason: textOf(body['reason']),
    message: textOf(body['message']) || `HTTP status ${status}`,
    kind: textOf(details['kind']),
    name: textOf(details['name']),
    causes: causes
      .filter((cause) => isObject(cause))
      .map((cause) => ({
        reason: textOf(cause['reason']),
        message: textOf(cause['message']),
        field: textOf(cause['field']),
      })),
  };
}

function parseStatus(text: string): JsonObject {
  try {
    const body = parseJson(text);
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}
