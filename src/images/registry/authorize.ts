import * as z from 'zod/mini';
import type { HttpAnswer } from '../../exchange/exchange.ts';
import { parseChallenges } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import { refusalOf, registryError } from './registry-error.ts';
import { isProtected, send } from './send.ts';
import type { RegistryConnection } from './send.ts';

export interface Denied {
  /** The answer with status 401. */
  readonly answer: HttpAnswer;
  readonly url: URL;
  readonly subject: string;
  /** `acme/web` */
  readonly repository: string;
  /** base64 of `user:password`; null: none is configured. */
  readonly login: string | null;
}

/**
 * The Authorization header that a registry requires: a token of the endpoint that it names, or the login itself.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export async function authorize(denied: Denied, connection: RegistryConnection, signal: AbortSignal): Promise<string> {
  const { answer, subject, login } = denied;
  const challenges = parseChallenges(answer.headers['www-authenticate'] ?? '');
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  if (bearer !== undefined) return `Bearer ${await tokenOf(bearer, denied, connection, signal)}`;
  if (login !== null && challenges.some(({ scheme }) => scheme === 'basic')) return `Basic ${login}`;
  throw refusalOf(answer, subject);
}

const TOKEN_LIMIT_BYTES = 256 * 1024;
const Answer = z.object({ token: z.optional(z.string()), access_token: z.optional(z.string()) });

/**
 * The registry names the endpoint over TLS. The endpoint may be another host, because the registry could request the login for
 * itself; an endpoint without TLS would reveal the login to the network.
 */
async function tokenOf(
  { parameters }: Challenge,
  { url, subject, repository, login }: Denied,
  connection: RegistryConnection,
  signal: AbortSignal,
): Promise<string> {
  const realm = URL.parse(parameters.get('realm') ?? '');
  if (realm === null || !isProtected(realm, url))
    throw registryError('registry-protocol', { subject, message: 'the registry names a token endpoint without TLS' });
  const service = parameters.get('service');
  if (service !== undefined) realm.searchParams.set('service', service);
  realm.searchParams.set('scope', `repository:${repository}:pull`);
  const authorization = login === null ? null : `Basic ${login}`;
  const request = { method: 'GET', url: realm, accept: 'application/json', authorization } as const;
  const answer = await send({ ...request, subject, bodyLimitBytes: TOKEN_LIMIT_BYTES }, connection, signal);
  if (answer.status !== 200) throw refusalOf(answer, subject);
  const token = readToken(answer.body);
  if (token !== null) return token;
  throw registryError('registry-protocol', {
    subject,
    message: 'the token endpoint of the registry returned no token',
  });
}

function readToken(body: Buffer): string | null {
  try {
    const { token, access_token: accessToken } = z.parse(Answer, JSON.parse(body.toString()));
    const found = token ?? accessToken ?? '';
    // Anything else cannot be sent in a header.
    return /^[\x21-\x7e]+$/.test(found) ? found : null;
  } catch {
    return null;
  }
}
