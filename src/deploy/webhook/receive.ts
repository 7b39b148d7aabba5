import type { Config, Repository } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { CommentHint, Delivery, GitHost, Parsed, PullRequestHint, Push } from '../../githost/port/git-host.ts';
import { hostOf } from '../../githost/hosts.ts';
import { FORM, mediaTypeOf } from '../../githost/port/media-type.ts';
import { match } from './match.ts';
import type { DeployRequest } from '../ports/request.ts';
import type { Log } from '../ports/log.ts';
import type { PlanQueue } from '../ports/githost/plan-request.ts';
import type { Queue } from '../ports/queue.ts';

/** A request before its body is read. */
export interface RequestHead {
  readonly method: string;
  /** As sent, with the query. */
  readonly path: string;
  /** Lowercase names. */
  readonly headers: Delivery['headers'];
}

export interface WebhookRequest extends RequestHead {
  /** `too-many`: together with the bodies that are being read, it is more than the process holds. */
  readonly body: Uint8Array | 'too-large' | 'too-many';
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The external dependencies of `receive`. */
export interface Reception {
  readonly config: Config;
  readonly version: string;
  /** Larger bodies are refused. No host sends more than BODY_LIMIT_BYTES; a platform may accept less. */
  readonly limitBytes: number;
  readonly secretsOf: (repository: Repository, signal: AbortSignal) => Promise<readonly string[]>;
  /** The secrets, read again in case they were rotated; null: not read again, because it is unnecessary or too soon. */
  readonly rotatedSecretsOf: (repository: Repository, signal: AbortSignal) => Promise<readonly string[] | null>;
  readonly queue: Queue;
  /** Absent: this platform does not plan pull requests. */
  readonly plans?: PlanQueue;
  readonly randomId: () => string;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** GitHub's limit; what the other hosts send is smaller. */
export const BODY_LIMIT_BYTES = 26_214_400;

const HEALTH = '/healthz';
const WEBHOOKS = '/webhooks/';

/** The answer if the head alone decides it; null: read the body. The order is part of the public interface. */
export async function admit({ method, path, headers }: RequestHead, reception: Reception): Promise<Answer | null> {
  const pathname = pathnameOf(path);
  if (pathname === HEALTH) return answerHealth(method, reception);
  if (!pathname.startsWith(WEBHOOKS)) return error(404, 'not found: send webhooks to /webhooks/<repository>');
  if (method !== 'POST')
    return { ...error(405, 'method not allowed: send webhooks with POST'), headers: { allow: 'POST' } };
  if (!isReadable(mediaTypeOf(headers))) return error(415, 'unsupported content type: use application/json');
  const registered = await registeredAt(path, reception);
  if (registered?.host.hasProof(headers) !== true) return unauthenticated();
  if (Number(headers['content-length'] ?? 0) > reception.limitBytes) return tooLarge(reception);
  return null;
}

function isReadable(mediaType: string): boolean {
  return mediaType === FORM || /^application\/([^+]+\+)?json$/.test(mediaType);
}

/**
 * Responds to one webhook request without contacting Git or a cluster. Checks run in a fixed order, and the first that
 * fails decides the status code. Until the signature is verified, the path is the only input that selects anything: the
 * repository. The returned promise never rejects.
 */
export async function receive(request: WebhookRequest, reception: Reception, signal: AbortSignal): Promise<Answer> {
  const early = await admit(request, reception);
  if (early !== null) return early;
  if (request.body === 'too-large') return tooLarge(reception);
  if (request.body === 'too-many') return busy();
  const registered = await registeredAt(request.path, reception);
  if (registered === null) return unauthenticated();
  const id = deliveryIdOf(request, registered.host) ?? reception.randomId();
  return receiveDelivery({ id, headers: request.headers, body: request.body }, { ...registered, reception, signal });
}

/** The repository and its host, which decide the secret. Only the path selects them. */
interface Registered {
  readonly repository: Repository;
  readonly host: GitHost;
}

interface Context extends Registered {
  readonly reception: Reception;
  readonly signal: AbortSignal;
}

async function receiveDelivery(delivery: Delivery, context: Context): Promise<Answer> {
  const { repository, reception } = context;
  const startMs = reception.nowMs();
  const { answer, targets, problem } = await decide(delivery, context);
  const line = {
    level: levelOf(answer),
    message: 'receive',
    repository: repository.name,
    delivery: delivery.id,
    durationMs: reception.nowMs() - startMs,
    status: answer.status,
  } as const;
  if (targets.length === 0)
    reception.log({ ...line, reason: answer.body['ignored'] ?? answer.body['error'], ...problem });
  for (const target of targets) reception.log({ ...line, target });
  return answer;
}

interface Decision {
  readonly answer: Answer;
  /** The queued ones. */
  readonly targets: readonly string[];
  /** For the log, not for the sender. */
  readonly problem?: Readonly<Record<string, unknown>>;
}

async function decide(delivery: Delivery, context: Context): Promise<Decision> {
  const { repository, host } = context;
  try {
    const authentic = await authenticate(delivery, context);
    if (authentic === null) return withoutTargets(unauthenticated());
    const parsed = host.parse(authentic);
    if (parsed.kind === 'not-understood') return withoutTargets(error(400, parsed.reason));
    if (!isOf(repository, parsed)) return withoutTargets(error(400, 'the delivery is for another repository'));
    if (parsed.kind === 'ignored') return withoutTargets(ignored(parsed.reason));
    if (parsed.kind !== 'pushes') return await queuePlan(parsed, delivery, context);
    return await queue(parsed.pushes, delivery, context);
  } catch (thrown) {
    // A secret that cannot be read now does not make the sender's signature invalid.
    return {
      ...withoutTargets(busy()),
      problem: { errors: [asDeployError(thrown).problem] },
    };
  }
}

/** A rotated secret works at once: before a signature counts as invalid, the secrets are read again. */
async function authenticate(delivery: Delivery, { repository, host, reception, signal }: Context) {
  const nowMs = reception.nowMs();
  const authentic = await host.authenticate(delivery, {
    secrets: await reception.secretsOf(repository, signal),
    nowMs,
  });
  if (authentic !== null) return authentic;
  const secrets = await reception.rotatedSecretsOf(repository, signal);
  return secrets === null ? null : host.authenticate(delivery, { secrets, nowMs });
}

async function queue(
  pushes: readonly Push[],
  delivery: Delivery,
  { repository, reception, signal }: Context,
): Promise<Decision> {
  const { targets, templates } = reception.config;
  const readers = {
    targets: targets.filter((target) => target.repository.name === repository.name),
    templates: templates.filter(({ settings }) => settings.repository.name === repository.name),
  };
  const trigger = { kind: 'delivery', id: delivery.id } as const;
  const at = new Date(reception.nowMs()).toISOString();
  const requests: DeployRequest[] = [];
  const reasons: string[] = [];
  for (const push of pushes) {
    const matched = match(push, readers);
    const { revision, rootTree, isForced } = push;
    const hint = { revision, rootTree, isForced };
    if (matched.kind === 'none') reasons.push(matched.reason);
    else requests.push(...matched.recipients.map((recipient) => ({ ...recipient, trigger, hint, at })));
  }
  if (requests.length === 0) return withoutTargets(ignored(firstOf(reasons)));
  await reception.queue.send(requests, signal);
  const names = requests.map(({ target }) => target);
  return { answer: { status: 202, body: { queued: names, delivery: delivery.id } }, targets: names };
}

/** A push loads nothing of it. */
async function queuePlan(
  hint: PullRequestHint | CommentHint,
  delivery: Delivery,
  { repository, reception, signal }: Context,
): Promise<Decision> {
  const { plans } = reception;
  if (plans === undefined) return withoutTargets(ignored('pull requests are not planned here'));
  const { matchPullRequest } = await import('./receive-pull-request.ts');
  const matched = matchPullRequest(hint, repository, reception.config);
  if (matched.kind === 'none') return withoutTargets(ignored(matched.reason));
  const { request } = matched;
  const trigger = { kind: 'delivery', id: delivery.id } as const;
  await plans.send([{ ...request, trigger, at: new Date(reception.nowMs()).toISOString() }], 0, signal);
  return {
    answer: { status: 202, body: { queued: [request.target], delivery: delivery.id } },
    targets: [request.target],
  };
}

function firstOf([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} (+${others.length} more)`;
}

/**
 * Anyone who holds one repository's secret could sign a payload that names another, so the payload must match. Names can be
 * transferred, so the configured id takes precedence.
 */
function isOf(
  { id, fullName }: Repository,
  { repository: named }: Exclude<Parsed, { kind: 'not-understood' }>,
): boolean {
  // An organization's ping, for instance, names no repository; it is ignored anyway.
  if (named === null) return true;
  return id === null ? named.fullName.toLowerCase() === fullName.toLowerCase() : named.id === id;
}

function answerHealth(method: string, { version }: Reception): Answer {
  if (method === 'GET' || method === 'HEAD') return { status: 200, body: { status: 'ok', version } };
  return { ...error(405, 'method not allowed: use GET'), headers: { allow: 'GET, HEAD' } };
}

async function registeredAt(path: string, { config }: Reception): Promise<Registered | null> {
  const repository = config.repositories.get(pathnameOf(path).slice(WEBHOOKS.length));
  return repository === undefined ? null : { repository, host: await hostOf(repository).loadReceiver() };
}

function pathnameOf(path: string): string {
  const [pathname = ''] = path.split('?');
  return pathname;
}

/** The header is not signed: a value that does not look like the id of a delivery is replaced. */
function deliveryIdOf({ headers }: RequestHead, host: GitHost): string | null {
  const id = host.deliveryIdOf(headers) ?? '';
  return /^[\w-]{1,64}$/.test(id) ? id : null;
}

function levelOf({ status }: Answer): 'debug' | 'warn' | 'error' {
  if (status >= 500) return 'error';
  return status === 400 ? 'warn' : 'debug';
}

/** The same for an unknown repository and every kind of wrong signature: a stranger learns nothing. */
function unauthenticated(): Answer {
  return error(401, 'the signature is missing or invalid');
}

function busy(): Answer {
  return error(503, 'deliveries cannot be accepted now: retry later');
}

function tooLarge({ limitBytes }: Reception): Answer {
  return error(413, `the body is larger than ${limitBytes} bytes`);
}

function ignored(reason: string): Answer {
  return { status: 200, body: { ignored: reason } };
}

function error(status: number, text: string): Answer {
  return { status, body: { error: text } };
}

function withoutTargets(answer: Answer): Decision {
  return { answer, targets: [] };
}
