import { DeployError, failureClassOf } from '../../error/deploy-error.ts';
import type { ErrorCode, Problem } from '../../error/deploy-error.ts';
import type { FieldConflict, Obstacle } from '../../plan/model/facts.ts';
import type { Refusal } from '../../error/refused-object.ts';
import { formatPosition, hidesValues } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import { readStatus, quotaIn } from '../refusal/status-body.ts';
import type { Cause, Status, About } from '../refusal/status-body.ts';
import type { KubeAnswer } from './connection.ts';

/** Server-side apply returns 500 without a reason for unknown fields and wrong types (1.37); only the text shows it. */
const TYPED_PATCH = /^failed to (create typed patch object|convert new object)/;

/** Likewise for an object applied in another API version, which does not have a field of the new one (1.37). */
const STALE_VERSION = /^failed to prune fields: .*field not declared in schema/;

/** Each kind words an immutable field differently. The match decides only the remedy that is shown. */
const IMMUTABLE =
  /(?<!not )immutable|updates to .* (is|are) forbidden|cannot change|may not (be changed|change (once set|fields))|field can not be modified/;

/** A webhook chooses the status code of its denial, so a 401 or 409 may be final too. */
const WEBHOOK_DENIAL = /^admission webhook "[^"]+" denied the request/;

/** The fields at which the API server reports that a whole object is too large (1.37). */
const WHOLE: ReadonlySet<string> = new Set(['', '[]', 'data', 'metadata.annotations']);

/** Who did not answer the API server, and the transport's reason. The match decides only the text. */
const WEBHOOK =
  /(?:failed calling webhook "([^"]+)"|(conversion) webhook for .+? failed)(?:: failed to call webhook)?(: .{1,200})?/;

/** An object that passes the dry run but does not fit into etcd is refused with a plain 500. */
const TOO_LARGE = /etcdserver: request is too large/;

/** The error for a refusal of the API server. */
export async function problemOf(answer: KubeAnswer, about: About): Promise<DeployError> {
  const status = readStatus(answer);
  const code = codeOf(status);
  const right = code === 'manifest-forbidden' ? await missingRightIn(status) : null;
  const message = right ?? webhookMessage(status, about.secret) ?? messageOf(code, status, about.secret);
  const { remedyFor } = await import('./remedies.ts');
  return new DeployError(code, { subject: about.subject, message, remedy: remedyFor(code, status, about) });
}

async function missingRightIn({ message }: Status): Promise<string | null> {
  const { describeRight, missingRight } = await import('./missing-right.ts');
  const right = missingRight(message);
  return right === null ? null : describeRight(right);
}

/** The problem of a request that the server refuses. @throws DeployError when it fails in a way that may pass. */
export async function refusalOf(answer: KubeAnswer, about: About): Promise<Problem> {
  const error = await problemOf(answer, about);
  if (failureClassOf(error.code) === 'external') throw error;
  return error.problem;
}

/** The problem of a manifest that the server refuses, field by field. @throws DeployError as `refusalOf` does */
export async function manifestRefusalOf(answer: KubeAnswer, resource: Resource): Promise<Refusal> {
  const secret = hidesValues(resource);
  const problem = await refusalOf(answer, { subject: formatPosition(resource.source), secret });
  const { describeRefusal } = await import('../refusal/refusal-text.ts');
  return describeRefusal(problem, readStatus(answer), { resource, secret });
}

/** What was in the way of a refused apply; `quota`: the name of an exceeded quota, which only the text shows. */
export function obstacleOf(answer: KubeAnswer): { readonly obstacle: Obstacle; readonly quota?: string } {
  const status = readStatus(answer);
  const quota = quotaIn(status.message);
  return { obstacle: obstacleIn(status), ...(quota === null ? {} : { quota }) };
}

function messageOf(code: ErrorCode, status: Status, secret: boolean): string {
  return secret ? secretMessage(status) : (MESSAGES[code]?.(status) ?? status.message);
}

/** A webhook that fails is not a failure of the API server. The name of the webhook reveals nothing about the object. */
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

function codeOf(status: Status): ErrorCode {
  const { code, reason, message, causes } = status;
  if (code < 500 && code !== 429 && WEBHOOK_DENIAL.test(message)) return 'manifest-forbidden';
  if (code === 401) return 'cluster-unauthorized';
  if (code === 403) return isTerminating(causes) ? 'still-deleting' : 'manifest-forbidden';
  // Without a field manager in the causes, it is a concurrent write to the object.
  if (code === 409)
    return causes.some((cause) => cause.reason === 'FieldManagerConflict') ? 'field-conflict' : 'object-busy';
  if (code === 429) return 'cluster-throttled';
  if (code === 500 && reason === '' && TYPED_PATCH.test(message)) return 'manifest-rejected';
  if (code === 500 && reason === '' && STALE_VERSION.test(message)) return 'version-stale';
  if (isTooLarge(status)) return 'manifest-too-large';
  if (code >= 500) return 'cluster-broken';
  return BY_OBSTACLE[obstacleIn(status)] ?? (isImmutable(status) ? 'field-immutable' : 'manifest-rejected');
}

const BY_OBSTACLE: Partial<Record<Obstacle, ErrorCode>> = {
  kind: 'kind-unknown',
  namespace: 'namespace-missing',
  policy: 'manifest-forbidden',
};

/** An admission policy adds a cause without a reason, and a webhook that sets no status code answers 400 without one (1.37). */
function obstacleIn({ code, reason, kind, name, causes }: Status): Obstacle {
  if (code === 403) return 'forbidden';
  if (code === 404) return name === '' ? 'kind' : kind === 'namespaces' ? 'namespace' : 'reference';
  if (code === 500) return 'schema';
  const isPolicy = code === 400 ? reason === '' : causes.length > 0 && causes.every((cause) => cause.reason === '');
  return isPolicy ? 'policy' : 'content';
}

function isTooLarge(status: Status): boolean {
  const { code, message, causes } = status;
  if (code === 413) return obstacleIn(status) !== 'policy';
  return (
    TOO_LARGE.test(message) || causes.some(({ reason, field }) => reason === 'FieldValueTooLong' && WHOLE.has(field))
  );
}

function isImmutable({ code, causes }: Status): boolean {
  return code === 422 && causes.some(({ message }) => IMMUTABLE.test(message));
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
