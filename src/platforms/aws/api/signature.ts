import { createHash } from 'node:crypto';
import { hmacSha256 } from '../../../signing/hmac.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Null for long-lived credentials. */
  readonly sessionToken: string | null;
  /** Null: no known expiry. */
  readonly expiresAtMs: number | null;
}

/** What every signature is bound to: identity, service, region and time. */
export interface Signing {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly nowMs: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Signs a request without a query and returns its headers: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
export function signedHeaders(
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
  signing: Signing,
): Readonly<Record<string, string>> {
  const { credentials } = signing;
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': stampOf(signing.nowMs),
    ...(credentials.sessionToken === null ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).toSorted();
  const canonical = canonicalRequest({ ...request, query: '', headers });
  const parts = [
    `Credential=${credentials.accessKeyId}/${scopeOf(signing)}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${signatureOf(canonical, signing)}`,
  ];
  return { ...headers, authorization: `${ALGORITHM} ${parts.join(', ')}` };
}

/** A URL with the signature of a GET of `/`. Its user must send the signed headers. */
export function presignedUrl(
  request: {
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>> & { readonly host: string };
    readonly expiresSeconds: number;
  },
  signing: Signing,
): string {
  const { credentials } = signing;
  const query = canonicalQuery({
    ...request.query,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${credentials.accessKeyId}/${scopeOf(signing)}`,
    'X-Amz-Date': stampOf(signing.nowMs),
    'X-Amz-Expires': String(request.expiresSeconds),
    'X-Amz-SignedHeaders': Object.keys(request.headers).toSorted().join(';'),
    ...(credentials.sessionToken === null ? {} : { 'X-Amz-Security-Token': credentials.sessionToken }),
  });
  const canonical = canonicalRequest({ method: 'GET', path: '/', query, headers: request.headers, body: '' });
  return `https://${request.headers.host}/?${query}&X-Amz-Signature=${signatureOf(canonical, signing)}`;
}

function canonicalRequest({
  method,
  path,
  query,
  headers,
  body,
}: {
  method: string;
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}): string {
  const names = Object.keys(headers).toSorted();
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`);
  return [method, path, query, lines.join(''), names.join(';'), sha256(body)].join('\n');
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.toSorted().join('&');
}

/** RFC 3986: the signature also encodes the five characters that `encodeURIComponent` leaves. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function signatureOf(canonical: string, signing: Signing, stamp = stampOf(signing.nowMs)): string {
  const { region, service, credentials, nowMs } = signing;
  const text = [ALGORITHM, stamp, scopeOf(signing), sha256(canonical)].join('\n');
  const steps = [stampOf(nowMs).slice(0, 8), region, service, 'aws4_request'];
  const key = steps.reduce<string | Buffer>((at, step) => hmacSha256(at, step), `AWS4${credentials.secretAccessKey}`);
  return hmacSha256(key, text).toString('hex');
}

function scopeOf({ region, service, nowMs }: Signing): string {
  return `${stampOf(nowMs).slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** `20260101T000000Z` */
export function stampOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
