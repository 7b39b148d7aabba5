import { DeployError, failureClassOf } from '../../error/deploy-error.ts';
import type { ErrorCode, Problem } from '../../error/deploy-error.ts';
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
  /** The resource (plural) and name in the response, not necessarily those of the request. */
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly Cause[];
}

/** Server-side apply returns 500 without a reason for unknown fields and wrong types (1.37); only the text shows it. */
const TYPED_PATCH = /^failed to (create typed patch object|convert new object)/;

/** Likewise for an object applied in another API version, which does not have a field of the new one (1.37). */
const STALE_VERSION = /^failed to prune fields: .*field not declared in schema/;

/** Each kind words an immutable field differently. The match decides only the remedy that is shown. */
const IMMUTABLE =
  /(?<!not )immutable|updates to .* (is|are) forbidden|cannot change|may not (be changed|change once set)|field can not be modified/;

/** Who did not answer the API server, and the transport's reason. The match decides only the text. */
const WEBHOOK =
  /(?:failed calling webhook "([^"]+)"|(conversion) webhook for .+? failed)(?:: failed to call webhook)?(: .{1,200})?/;

/** An object that passes the dry run but does not fit into etcd is refused with a plain 500. */
const TOO_LARGE = /etcdserver: request is too large/;

/** The error for a refusal of the API server (design decision 11). `secret`: its text must not be repeated. */
export function problemOf(answer: KubeAnswer, { subject, secret }: { subject: string; secret: boolean }): DeployError {
  const status = readStatus(answer);
  const code = codeOf(status);
  const right = code === 'manifest-forbidden' ? missingRight(status.message) : null;
  const message =
    right === null ? (webhookMessage(status, secret) ?? messageOf(code, status, secret)) : describeRight(right);
  return new DeployError(code, { subject, message, remedy: remedyOf(code, status) });
}

/** The problem of a request that the server refuses. @throws DeployError when it fails in a way that may pass. */
export function refusalOf(answer: KubeAnswer, about: { subject: string; secret: boolean }): Problem {
  const error = problemOf(answer, about);
  if (failureClassOf(error.code) === 'external') throw error;
  return error.problem;
}

function messageOf(code: ErrorCode, status: Status, secret: boolean): string {
  return secret ? secretMessage(status) : (MESSAGES[code]?.(status) ?? status.message);
}

/** A webhook that fails is not the API server. Its name says nothing about the object. */
function webhookMessage({ code, message }: Status, secret: boolean): string | null {
  const [, name, conversion, reason = ''] = (code >= 500 && WEBHOOK.exec(message)) || [];
  const webhook = name ?? (conversion === undefined ? null : 'for the conversion between versions');
  return webhook === null ? null : `webhook ${webhook} does not answer${secret ? '' : reason}`;
}

/** The conflicts of a refused apply; empty for any other response. Contains field paths, never values. */
export function conflictsOf(answer: KubeAnswer): readonly FieldConflict[] {
  if (answer.status !== 409) return [];
  return readStatus(answer).causes.flatMap(({ field, message }) => {
    const manager = /^conflict with "([^"]+)"/.exec(message)?.[1];
    return manager === undefined ? [] : [{ field, manager }];
  });
}

/** For a 404: true if the object is missing, false if its kind is not served. */
export function isMissingObject(answer: KubeAnswer): boolean {
  return readStatus(answer).name !== '';
}

function codeOf({ code, reason, message, kind, name, causes }: Status): ErrorCode {
  if (code === 401) return 'cluster-unauthorized';
  if (code === 403) return isTerminating(causes) ? 'still-deleting' : 'manifest-forbidden';
  if (code === 404) return kind === 'namespaces' && name !== '' ? 'namespace-missing' : 'kind-unknown';
  // Without a field manager in the causes, it is a concurrent write to the object.
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

/** Nothing can be created in a namespace that is being deleted. */
function isTerminating(causes: readonly Cause[]): boolean {
  return causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

const MESSAGES: Partial<Record<ErrorCode, (status: Status) => string>> = {
  'field-conflict': ({ causes, message }) =>
    causes.length === 0
      ? message
      : `other managers own these fields: ${causes.map(({ message: conflict, field }) => `${field} (${conflict.replace(/^conflict with /, '')})`).join(', ')}`,
  'cluster-broken': ({ code, message }) => `the API server failed (${code}): ${message}`,
};

/** Shows the server's field paths and reasons, but not its messages, which may quote values. */
function secretMessage({ code, causes, message }: Status): string {
  const typed = /^failed to create typed patch object.*?: (\.[\w.[\]-]+): /.exec(message)?.[1];
  const fields = causes.map(({ field, reason }) => `${field} (${reason})`);
  const where = fields.length > 0 ? `${fields.join(', ')}; ` : typed === undefined ? '' : `${typed}; `;
  return `the API server refused it (${code}): ${where}message omitted because it may quote a hidden value`;
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
      return 'Fix kind or apiVersion, or push the CustomResourceDefinition that defines it.';
    case 'field-immutable':
      return 'Revert the change of the immutable field, or allow the object to be deleted and created again with the annotation headgate.dev/replace: immutable.';
    case 'field-conflict':
      return 'Remove the fields from the manifest, add them to ignore, or set conflicts: force on the target.';
    case 'version-stale':
      return 'Update the other manager first: it wrote the object in a version without that field.';
    case 'manifest-too-large':
      return 'Split the object.';
    case 'cluster-broken':
      return WEBHOOK.test(message)
        ? 'Repair the webhook or the Service that it calls; the deploy is retried until then.'
        : 'Wait for the retry.';
    case 'cluster-throttled':
    case 'cluster-unauthorized':
    case 'object-busy':
      return 'Wait for the retry.';
    case 'still-deleting':
      return 'Wait for the retry: once the namespace is gone, it is created again if the target allows that.';
    default:
      return 'Fix the manifest; kubectl explain shows the fields of a kind.';
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
