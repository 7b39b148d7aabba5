import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { asHttpRequest, signer } from './signer.ts';
import type { Keys } from './signer.ts';

export interface Role {
  /** A prefix of the ARN of the users or sessions that may assume it. */
  readonly trusts: string;
  readonly externalId: string | null;
}

export interface AwsRequest {
  readonly service: string;
  readonly region: string;
  readonly action: string;
  readonly principal: string | null;
  readonly status: number;
}

interface Identity extends Keys {
  readonly arn: string;
  expiresAtMs: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly action: string;
}

/** STS, EKS, Systems Manager, Secrets Manager and KMS on one address. Each request's signature is checked with AWS's own signer. */
export interface AwsServer {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly requests: AwsRequest[];
  readonly roles: Map<string, Role>;
  readonly clusters: Map<string, { endpoint: string; ca: string }>;
  readonly parameters: Map<string, string>;
  readonly secrets: Map<string, string>;
  /** By ARN. */
  readonly keys: Map<string, Uint8Array>;
  /** What was published on SNS and put on EventBridge. */
  readonly messages: { readonly service: string; readonly region: string; readonly body: string }[];
  /** Answers the next requests with these statuses; 0 closes the connection. */
  faults: number[];
  /** Of the registries of ECR. Null: logins are refused. */
  registryPassword: string | null;
  /** The time that each AssumeRole takes, one after the other: what a caller with a small share of a processor experiences. */
  assumeMs: number;
  /** The largest number of connections at once so far. */
  readonly mostConnections: () => number;
  /** Adds a user with long-lived keys, as the environment of a process has them. */
  addUser(arn: string): Keys;
  identityOf(accessKeyId: string): { readonly arn: string; readonly secretAccessKey: string } | null;
  /** The identity of a token for this cluster, checked as aws-iam-authenticator does; null for an invalid token. */
  whoIs(token: string, cluster: string): Promise<string | null>;
  /** Revokes every session. */
  revokeSessions(): void;
  close(): Promise<void>;
}

export const REGION = 'eu-west-1';
const SESSION_MS = 3_600_000;
const TOKEN_KEYS = new Set([
  'Action',
  'Version',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
]);

export async function startAws(nowMs: () => number = Date.now): Promise<AwsServer> {
  const identities = new Map<string, Identity>();
  const requests: AwsRequest[] = [];
  let turn: Promise<void> = Promise.resolve();
  let connections = 0;
  let mostConnections = 0;

  async function take(request: IncomingMessage, body: string): Promise<Answer> {
    const scope = /Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request/.exec(
      request.headers.authorization ?? '',
    );
    const [, keyId = '', , region = '', service = ''] = scope ?? [];
    const identity = identities.get(keyId);
    const note = (answer: Answer): Answer => {
      const principal = identity?.arn ?? null;
      requests.push({ service, region, action: answer.action, principal, status: answer.status });
      return answer;
    };
    const fault = aws.faults.shift();
    if (fault !== undefined) return note({ status: fault, body: '{"__type":"ServiceUnavailable"}', action: 'fault' });
    if (identity === undefined || !(await isSigned(request, body, { identity, service, region, nowMs: nowMs() }))) {
      return note(json(403, { __type: 'SignatureDoesNotMatch' }, 'unsigned'));
    }
    if (nowMs() > identity.expiresAtMs) return note(json(403, { __type: 'ExpiredToken' }, 'expired'));
    switch (service) {
      case 'sts':
        await (turn = turn.then(() => pause(aws.assumeMs)));
        return note(assume(new URLSearchParams(body), identity));
      case 'eks':
        return note(describe(request.url ?? ''));
      case 'ssm':
        return note(parameter(request, body));
      case 'secretsmanager':
        return note(secret(request, body));
      case 'ecr':
        return note(login(request));
      case 'kms':
        return note(decrypt(request, { body, region }));
      case 'sns':
      case 'events':
        aws.messages.push({ service, region, body });
        return note(json(200, { FailedEntryCount: 0, Entries: [{ EventId: '1' }] }, 'send'));
      default:
        return note(json(404, { __type: 'UnknownOperationException' }, service));
    }
  }

  function assume(form: URLSearchParams, identity: Identity): Answer {
    if (form.get('Action') === 'GetCallerIdentity') {
      const account = identity.arn.split(':')[4] ?? '';
      const result = `<GetCallerIdentityResult><Arn>${identity.arn}</Arn><Account>${account}</Account></GetCallerIdentityResult>`;
      return { status: 200, body: `<R>${result}</R>`, action: 'GetCallerIdentity' };
    }
    const arn = form.get('RoleArn') ?? '';
    const role = aws.roles.get(arn);
    const isAllowed =
      form.get('Action') === 'AssumeRole' &&
      role !== undefined &&
      identity.arn.startsWith(role.trusts) &&
      form.get('ExternalId') === role.externalId;
    if (!isAllowed) {
      const message = `User: ${identity.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;
      const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
      return { status: 403, body: `<ErrorResponse>${error}</ErrorResponse>`, action: 'AssumeRole' };
    }
    const name = form.get('RoleSessionName') ?? '';
    const session: Identity = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(300).toString('base64'),
      arn: `${arn.replace(':iam:', ':sts:').replace(/:role\/(?:.*\/)?/, ':assumed-role/')}/${name}`,
      expiresAtMs: nowMs() + SESSION_MS,
    };
    identities.set(session.accessKeyId, session);
    const expiration = new Date(session.expiresAtMs).toISOString();
    const credentials = `<AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${session.secretAccessKey}</SecretAccessKey><SessionToken>${session.sessionToken ?? ''}</SessionToken><Expiration>${expiration}</Expiration>`;
    const result = `<AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult>`;
    return { status: 200, body: `<AssumeRoleResponse>${result}</AssumeRoleResponse>`, action: 'AssumeRole' };
  }

  function describe(path: string): Answer {
    const name = decodeURIComponent(/^\/clusters\/([^/?]+)$/.exec(path)?.[1] ?? '');
    const cluster = aws.clusters.get(name);
    if (cluster === undefined) {
      return json(
        404,
        { __type: 'ResourceNotFoundException', message: `No cluster found for name: ${name}.` },
        'DescribeCluster',
      );
    }
    const data = Buffer.from(cluster.ca).toString('base64');
    const shown = { name, status: 'ACTIVE', endpoint: cluster.endpoint, certificateAuthority: { data } };
    return json(200, { cluster: shown }, 'DescribeCluster');
  }

  function parameter({ headers }: IncomingMessage, body: string): Answer {
    const input = JSON.parse(body) as { Name: string; WithDecryption: boolean };
    const value = aws.parameters.get(input.Name);
    const isGet = headers['x-amz-target'] === 'AmazonSSM.GetParameter' && input.WithDecryption;
    return value === undefined || !isGet
      ? json(400, { __type: 'ParameterNotFound' }, 'GetParameter')
      : json(200, { Parameter: { Name: input.Name, Type: 'SecureString', Value: value } }, 'GetParameter');
  }

  function secret({ headers }: IncomingMessage, body: string): Answer {
    const input = JSON.parse(body) as { SecretId: string };
    const value = aws.secrets.get(input.SecretId);
    return value === undefined || headers['x-amz-target'] !== 'secretsmanager.GetSecretValue'
      ? json(400, { __type: 'ResourceNotFoundException', Message: 'Secrets Manager can’t find it.' }, 'GetSecretValue')
      : json(200, { Name: input.SecretId, SecretString: value, VersionStages: ['AWSCURRENT'] }, 'GetSecretValue');
  }

  function login({ headers }: IncomingMessage): Answer {
    const isGet = headers['x-amz-target'] === 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
    const authorizationToken = Buffer.from(`AWS:${aws.registryPassword ?? ''}`).toString('base64');
    return aws.registryPassword === null || !isGet
      ? json(400, { __type: 'AccessDeniedException' }, 'GetAuthorizationToken')
      : json(200, { authorizationData: [{ authorizationToken }] }, 'GetAuthorizationToken');
  }

  function decrypt(
    { headers }: IncomingMessage,
    { body, region: signedFor }: { body: string; region: string },
  ): Answer {
    const input = JSON.parse(body) as { KeyId: string; CiphertextBlob: string; EncryptionContext?: object };
    const key = aws.keys.get(input.KeyId);
    const isKnown = key !== undefined && input.KeyId.split(':')[3] === signedFor;
    if (!isKnown || headers['x-amz-target'] !== 'TrentService.Decrypt')
      return json(400, { __type: 'AccessDeniedException' }, 'Decrypt');
    const plain = openKms(Buffer.from(input.CiphertextBlob, 'base64'), { key, context: input.EncryptionContext });
    return plain === null
      ? json(400, { __type: 'InvalidCiphertextException' }, 'Decrypt')
      : json(200, { KeyId: input.KeyId, Plaintext: plain.toString('base64') }, 'Decrypt');
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      take(request, Buffer.concat(parts).toString()).then(
        ({ status, body }) => {
          if (status === 0) return response.destroy();
          return response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
        },
        () => response.destroy(),
      );
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    mostConnections = Math.max(mostConnections, connections);
    socket.on('close', () => (connections -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const services = ['STS', 'EKS', 'SSM', 'SECRETS_MANAGER', 'KMS', 'ECR', 'SNS', 'EVENTBRIDGE'];
  const aws: AwsServer = {
    url,
    env: { ...Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, url])), AWS_REGION: REGION },
    requests,
    roles: new Map(),
    clusters: new Map(),
    parameters: new Map(),
    secrets: new Map(),
    keys: new Map(),
    messages: [],
    faults: [],
    registryPassword: null,
    assumeMs: 0,
    mostConnections: () => mostConnections,
    addUser(arn) {
      const keys = { accessKeyId: `AKIA${randomUUID().slice(0, 8)}`, secretAccessKey: randomUUID() };
      identities.set(keys.accessKeyId, { ...keys, arn, expiresAtMs: Infinity });
      return keys;
    },
    identityOf: (accessKeyId) => identities.get(accessKeyId) ?? null,
    whoIs: (token, cluster) => judgeToken(token, { cluster, identities, nowMs: nowMs() }),
    revokeSessions() {
      for (const identity of identities.values()) if (identity.sessionToken !== undefined) identity.expiresAtMs = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return aws;
}

/** As the service's Encrypt operation: bound to the context. */
export function sealKms(plain: Uint8Array, { key, context = {} }: { key: Uint8Array; context?: object }): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(JSON.stringify(context)));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

function openKms(
  sealed: Buffer,
  { key, context = {} }: { key: Uint8Array; context?: object | undefined },
): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(JSON.stringify(context))).setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  } catch {
    return null;
  }
}

function json(status: number, content: unknown, action: string): Answer {
  return { status, body: JSON.stringify(content), action };
}

async function isSigned(
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
  { identity, service, region, nowMs }: { identity: Identity; service: string; region: string; nowMs: number },
): Promise<boolean> {
  const { authorization = '' } = headers;
  const names = (/SignedHeaders=([^,\s]+)/.exec(authorization)?.[1] ?? '').split(';');
  const signed = Object.fromEntries(names.map((name) => [name, String(headers[name] ?? '')]));
  const [path = '', search = ''] = url.split('?');
  const stamp = String(headers['x-amz-date'] ?? '');
  const query = Object.fromEntries(new URLSearchParams(search));
  const again = await signer(identity, { service, region }).sign(
    asHttpRequest({ method, path, query, headers: signed, body }),
    { signingDate: new Date(readStamp(stamp)) },
  );
  return again.headers['authorization'] === authorization && Math.abs(nowMs - readStamp(stamp)) < 300_000;
}

async function judgeToken(
  token: string,
  { cluster, identities, nowMs }: { cluster: string; identities: ReadonlyMap<string, Identity>; nowMs: number },
): Promise<string | null> {
  if (!token.startsWith('k8s-aws-v1.') || token.includes('=') || token.length >= 4096) return null;
  const url = URL.parse(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  if (url === null || url.protocol !== 'https:' || url.pathname !== '/') return null;
  const keys = [...url.searchParams.keys()];
  if (new Set(keys).size !== keys.length || keys.some((key) => !TOKEN_KEYS.has(key))) return null;
  const value = (key: string) => url.searchParams.get(key) ?? '';
  const [keyId = '', , region = ''] = value('X-Amz-Credential').split('/');
  const identity = identities.get(keyId);
  const atMs = readStamp(value('X-Amz-Date'));
  const isTimely = Math.abs(nowMs - atMs) < 15 * 60_000;
  if (identity === undefined || !isTimely || identity.expiresAtMs < nowMs) return null;
  if (url.host !== `sts.${region}.amazonaws.com` || value('Action') !== 'GetCallerIdentity') return null;
  const request = asHttpRequest({
    method: 'GET',
    path: '/',
    query: { Action: value('Action'), Version: value('Version') },
    headers: { host: url.host, 'x-k8s-aws-id': cluster },
  });
  const again = await signer(identity, { service: 'sts', region }).presign(request, {
    expiresIn: Number(value('X-Amz-Expires')),
    signingDate: new Date(atMs),
    unhoistableHeaders: new Set(['x-k8s-aws-id']),
  });
  return isDeepStrictEqual(again.query, Object.fromEntries(url.searchParams)) ? identity.arn : null;
}

/** `20260101T000000Z` */
function readStamp(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
