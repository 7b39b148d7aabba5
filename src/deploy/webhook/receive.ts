import { asDeployError } from '../../error/deploy-error.ts';
import type { Delivery } from '../../githost/port/git-host.ts';
import { FORM, mediaTypeOf } from '../../githost/port/media-type.ts';
import { error, withoutTargets } from './answer.ts';
import type { DeliveryDecision } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { pushEndpoint } from './push-endpoint.ts';
import type { Answer, Reception, RequestHead, WebhookRequest } from './reception.ts';

/** GitHub's limit; what the other hosts send is smaller. */
export const BODY_LIMIT_BYTES = 26_214_400;

const HEALTH = '/healthz';
const WEBHOOKS = '/webhooks/';
const IMAGES = '/images/';

/** The answer if the head alone decides it; null: read the body. The order is part of the public interface. */
export async function admit({ method, path, headers }: RequestHead, reception: Reception): Promise<Answer | null> {
  const pathname = pathnameOf(path);
  if (pathname === HEALTH) return answerHealth(method, reception);
  if (!pathname.startsWith(WEBHOOKS) && !pathname.startsWith(IMAGES))
    return error(404, 'not found: send webhooks to /webhooks/<repository> or /images/<name>');
  if (method !== 'POST')
    return { ...error(405, 'method not allowed: send webhooks with POST'), headers: { allow: 'POST' } };
  if (!isReadable(mediaTypeOf(headers))) return error(415, 'unsupported content type: use application/json');
  const endpoint = await endpointAt(path, reception);
  if (endpoint?.hasProof(headers) !== true) return unauthenticated();
  if (Number(headers['content-length'] ?? 0) > reception.limitBytes) return tooLarge(reception);
  return null;
}

function isReadable(mediaType: string): boolean {
  return mediaType === FORM || /^application\/([^+]+\+)?json$/.test(mediaType);
}

/**
 * Responds to one webhook request without contacting Git or a cluster. Checks run in a fixed order, and the first that
 * fails decides the status code. Until the signature is verified, the path is the only input that selects anything: the
 * repository or image. The returned promise never rejects.
 */
export async function receive(request: WebhookRequest, reception: Reception, signal: AbortSignal): Promise<Answer> {
  const early = await admit(request, reception);
  if (early !== null) return early;
  if (request.body === 'too-large') return tooLarge(reception);
  if (request.body === 'too-many') return busy();
  const endpoint = await endpointAt(request.path, reception);
  if (endpoint === null) return unauthenticated();
  const id = deliveryIdOf(request, endpoint) ?? reception.randomId();
  return receiveDelivery({ id, headers: request.headers, body: request.body }, { endpoint, reception, signal });
}

interface Context {
  readonly endpoint: Endpoint;
  readonly reception: Reception;
  readonly signal: AbortSignal;
}

/** The rest of it, for a delivery whose endpoint is known. The returned promise never rejects. */
export async function receiveDelivery(delivery: Delivery, context: Context): Promise<Answer> {
  const { endpoint, reception } = context;
  const startMs = reception.nowMs();
  const { answer, targets, problem } = await decide(delivery, context);
  const line = {
    level: levelOf(answer),
    message: 'receive',
    ...endpoint.named,
    delivery: delivery.id,
    durationMs: reception.nowMs() - startMs,
    status: answer.status,
  } as const;
  if (targets.length === 0)
    reception.log({ ...line, reason: answer.body['ignored'] ?? answer.body['error'], ...problem });
  for (const target of targets) reception.log({ ...line, target });
  return answer;
}

async function decide(delivery: Delivery, context: Context): Promise<DeliveryDecision> {
  const { endpoint, reception, signal } = context;
  try {
    const authentic = await authenticate(delivery, context);
    if (authentic === null) return withoutTargets(unauthenticated());
    return await endpoint.decide(authentic, reception, signal);
  } catch (thrown) {
    // A secret that cannot be read now does not make the sender's signature invalid.
    return {
      ...withoutTargets(busy()),
      problem: { errors: [asDeployError(thrown).problem] },
    };
  }
}

/** A rotated secret works at once: before a signature counts as invalid, the secrets are read again. */
async function authenticate(delivery: Delivery, { endpoint, reception, signal }: Context) {
  const nowMs = reception.nowMs();
  const authentic = await endpoint.authenticate(delivery, {
    secrets: await reception.secretsOf(endpoint.owner, signal),
    nowMs,
  });
  if (authentic !== null) return authentic;
  const secrets = await reception.rotatedSecretsOf(endpoint.owner, signal);
  return secrets === null ? null : endpoint.authenticate(delivery, { secrets, nowMs });
}

function answerHealth(method: string, { version }: Reception): Answer {
  if (method === 'GET' || method === 'HEAD') return { status: 200, body: { status: 'ok', version } };
  return { ...error(405, 'method not allowed: use GET'), headers: { allow: 'GET, HEAD' } };
}

async function endpointAt(path: string, { config }: Reception): Promise<Endpoint | null> {
  const pathname = pathnameOf(path);
  if (pathname.startsWith(IMAGES)) {
    const { imageEndpoint } = await import('./image-endpoint.ts');
    return imageEndpoint(pathname.slice(IMAGES.length), config);
  }
  const repository = config.repositories.get(pathname.slice(WEBHOOKS.length));
  return repository === undefined ? null : pushEndpoint(repository);
}

function pathnameOf(path: string): string {
  const [pathname = ''] = path.split('?');
  return pathname;
}

/** The header is not signed: a value that does not look like the id of a delivery is replaced. */
function deliveryIdOf({ headers }: RequestHead, endpoint: Endpoint): string | null {
  const id = endpoint.deliveryIdOf(headers) ?? '';
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
