import { randomBytes, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { ApiAnswer } from './rest-api.ts';

export interface RegisteredApp {
  readonly app: string;
  readonly installation: string;
  readonly publicKey: KeyObject;
  /** The repositories of the installation: `owner/name` and id. */
  readonly repositories: ReadonlyMap<string, number>;
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
}

export interface IssuedToken {
  readonly token: string;
  readonly repositories: readonly string[];
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  expiresAtMs: number;
}

/** The tokens of GitHub Apps. The JWT is verified with the App's public key. */
export interface Apps {
  readonly issued: IssuedToken[];
  register(app: RegisteredApp): void;
  /** `POST /app/installations/{id}/access_tokens`; null for another path. */
  answer(request: { method: string; path: string; authorization: string | undefined; body: string }): ApiAnswer | null;
  /** Does the token have this permission in the repository? */
  allows(
    token: string,
    fullName: string,
    permission: 'contents' | 'statuses' | 'pull_requests' | 'deployments',
  ): boolean;
}

const Body = z.object({
  repositories: z.array(z.string()).optional(),
  repository_ids: z.array(z.number()).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write'])).optional(),
});
const Claims = z.object({ iat: z.number(), exp: z.number(), iss: z.union([z.string(), z.number()]) });

export function openApps(nowMs: () => number): Apps {
  const apps: RegisteredApp[] = [];
  const issued: IssuedToken[] = [];

  function tokenFor(app: RegisteredApp, text: string): ApiAnswer {
    const { data } = Body.safeParse(JSON.parse(text));
    if (data === undefined) return refusal(422, 'Validation Failed');
    const all = [...app.repositories];
    const wanted = all.filter(
      ([fullName, id]) =>
        (data.repositories === undefined && data.repository_ids === undefined) ||
        data.repositories?.includes(fullName.split('/')[1] ?? '') === true ||
        data.repository_ids?.includes(id) === true,
    );
    const requested = (data.repositories ?? data.repository_ids)?.length ?? all.length;
    if (wanted.length !== requested) {
      return refusal(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    }
    const permissions = data.permissions ?? app.permissions;
    const isMore = Object.entries(permissions).some(
      ([name, level]) => app.permissions[name] === undefined || (level === 'write' && app.permissions[name] === 'read'),
    );
    if (isMore) return refusal(422, 'The permissions requested are not granted to this installation.');
    const expiresAtMs = nowMs() + 3_600_000;
    // The stateless format, longer than the former 40 characters.
    const token = `ghs_${app.app}_${randomBytes(200).toString('base64url')}`;
    issued.push({ token, repositories: wanted.map(([fullName]) => fullName), permissions, expiresAtMs });
    return { status: 201, content: { token, expires_at: new Date(expiresAtMs).toISOString(), permissions } };
  }

  return {
    issued,
    register: (app) => void apps.push(app),
    answer({ method, path, authorization = '', body }) {
      const installation = /^\/app\/installations\/([^/]+)\/access_tokens$/.exec(path)?.[1];
      if (installation === undefined || method !== 'POST') return null;
      const signer = apps.find((app) => isSignedBy(app, authorization.replace(/^Bearer /, ''), nowMs()));
      if (signer === undefined) return refusal(401, 'A JSON web token could not be decoded');
      return signer.installation === installation ? tokenFor(signer, body) : refusal(404, 'Not Found');
    },
    allows: (token, fullName, permission) =>
      issued.some(
        (each) =>
          each.token === token &&
          nowMs() < each.expiresAtMs &&
          each.repositories.includes(fullName) &&
          (permission === 'contents' ? 'contents' in each.permissions : each.permissions[permission] === 'write'),
      ),
  };
}

function isSignedBy({ app, publicKey }: RegisteredApp, jwt: string, nowMs: number): boolean {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString() || 'null');
  const isRight = verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'));
  if (!isRight || (read(header) as { alg: string }).alg !== 'RS256') return false;
  const { data } = Claims.safeParse(read(payload));
  const now = nowMs / 1000;
  if (data === undefined || String(data.iss) !== app) return false;
  return data.iat <= now && data.exp > now && data.exp - now <= 600;
}

function refusal(status: number, message: string): ApiAnswer {
  return { status, content: { message, documentation_url: 'https://docs.github.com/rest' } };
}
