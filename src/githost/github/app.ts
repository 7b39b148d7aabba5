import { createPrivateKey, sign } from 'node:crypto';
import { HEADERS } from './headers.ts';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod/mini';
import { DeployError } from '../../error/deploy-error.ts';
import type { HostRequest } from '../port/host-api.ts';

export interface GithubApp {
  /** Its id or its client id: GitHub accepts both. */
  readonly app: string;
  readonly installation: string;
}

/** The one repository that a token gives access to. */
export interface TokenScope {
  readonly api: string;
  readonly fullName: string;
  /** Survives renames, so it is preferred over the name when known. */
  readonly id: string | null;
  /** Whether the token may write commit statuses. */
  readonly statuses: boolean;
}

/** Opaque: GitHub changes its length and format. */
export interface InstallationToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Clocks differ: the JWT is backdated by a minute, and expires within GitHub's limit of ten minutes even if our clock is ahead. */
const BACKDATED_SECONDS = 60;
const VALID_SECONDS = 540;

/** `POST /app/installations/{id}/access_tokens`, signed as the App: https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
export function tokenRequest(
  app: GithubApp,
  { api, fullName, id, statuses }: TokenScope,
  { privateKey, nowMs }: { readonly privateKey: string; readonly nowMs: number },
): HostRequest {
  const only = id === null ? { repositories: [fullName.split('/').at(-1)] } : { repository_ids: [Number(id)] };
  const permissions = { contents: 'read', ...(statuses ? { statuses: 'write' } : {}) };
  return {
    method: 'POST',
    url: `${api}/app/installations/${encodeURIComponent(app.installation)}/access_tokens`,
    headers: { ...HEADERS, authorization: `Bearer ${appJwt(app, { privateKey, nowMs })}` },
    body: JSON.stringify({ ...only, permissions }),
  };
}

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
function appJwt({ app }: GithubApp, { privateKey, nowMs }: { privateKey: string; nowMs: number }): string {
  const seconds = Math.floor(nowMs / 1000);
  const claims = { iat: seconds - BACKDATED_SECONDS, exp: seconds + VALID_SECONDS, iss: app };
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), readKey(privateKey, app)).toString('base64url')}`;
}

function encode(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Environment variables may hold the newlines of a PEM as `\n`. The error has no cause, because that might quote the key. */
function readKey(pem: string, app: string): KeyObject {
  try {
    return createPrivateKey(pem.replaceAll(String.raw`\n`, '\n'));
  } catch {
    throw new DeployError('secret-missing', {
      subject: `GitHub App ${app}`,
      message: 'the private key is not in PEM format',
      remedy: 'Store the whole file that GitHub gave you, from -----BEGIN to END-----.',
    });
  }
}

const TokenResponse = z.object({ token: z.string().check(z.minLength(1)), expires_at: z.string() });

/** Null when this is not a response from GitHub. */
export function parseToken(text: string): InstallationToken | null {
  const { data } = z.safeParse(TokenResponse, parse(text));
  const expiresAtMs = Date.parse(data?.expires_at ?? '');
  return data === undefined || Number.isNaN(expiresAtMs) ? null : { token: data.token, expiresAtMs };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
