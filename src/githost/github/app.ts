import { createPrivateKey, sign } from 'node:crypto';
import { HEADERS } from './headers.ts';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod/mini';
import { DeployError } from '../../error/deploy-error.ts';
import type { HostRequest } from '../port/host-api.ts';
import { parseJson } from '../port/payload.ts';
import type { App, IssuedToken, TokenIssuer, TokenScope, TokenUse } from '../port/token-issuer.ts';
import { messageOf } from '../rest/message.ts';

/** GitHub Apps. `app` is the id of the App or its client id: GitHub accepts both. */
export const githubIssuer: TokenIssuer = {
  nameOf: ({ app, installation }) => `GitHub App ${app}, installation ${installation}`,
  tokenRequest,
  parseToken,
  messageOf,
  remedyOf: (status) => REMEDIES[status] ?? 'Check app, installation and api of the repository in headgate.yml.',
};

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'Check app and privateKey of the repository in headgate.yml, and the clock of this machine.',
  403: 'Grant the App contents: read and statuses: write; for plans and previews also pull_requests: write; for previews also deployments: write. Then have the owner accept the change.',
  404: 'Check installation of the repository in headgate.yml: GitHub shows it in the URL of the installation.',
  422: 'Add this repository to the installation, and grant the App contents: read and statuses: write; for plans and previews also pull_requests: write; for previews also deployments: write.',
};

/** Clocks differ: the JWT is backdated by a minute, and expires within GitHub's limit of ten minutes even if our clock is ahead. */
const BACKDATED_SECONDS = 60;
const VALID_SECONDS = 540;

/** `POST /app/installations/{id}/access_tokens`, signed as the App: https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
function tokenRequest(
  app: App,
  { use, api, fullName, id, statuses, pullRequests }: TokenScope,
  { privateKey, nowMs }: { readonly privateKey: string; readonly nowMs: number },
): HostRequest {
  const only = id === null ? { repositories: [fullName.split('/').at(-1)] } : { repository_ids: [Number(id)] };
  const permissions: Readonly<Record<TokenUse, object>> = {
    runs: {
      contents: 'read',
      ...(statuses ? { statuses: 'write' } : {}),
      ...(pullRequests ? { pull_requests: 'write' } : {}),
    },
    'pull-requests': { contents: 'read', pull_requests: 'write' },
    deployments: { deployments: 'write' },
  };
  return {
    method: 'POST',
    url: `${api}/app/installations/${encodeURIComponent(app.installation)}/access_tokens`,
    headers: { ...HEADERS, authorization: `Bearer ${appJwt(app, { privateKey, nowMs })}` },
    body: JSON.stringify({ ...only, permissions: permissions[use] }),
  };
}

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
function appJwt({ app }: App, { privateKey, nowMs }: { privateKey: string; nowMs: number }): string {
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

function parseToken(text: string): IssuedToken | null {
  const { data } = z.safeParse(TokenResponse, parseJson(text));
  const expiresAtMs = Date.parse(data?.expires_at ?? '');
  return data === undefined || Number.isNaN(expiresAtMs) ? null : { token: data.token, expiresAtMs };
}
