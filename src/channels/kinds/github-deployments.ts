import { inCharacters } from '../../error/cut-text.ts';
import * as z from 'zod/mini';
import type { ChannelRenderer, Destination, HttpMessage, Notice } from '../port.ts';
import { postJson } from '../port.ts';
import { fit } from '../text.ts';

const DESCRIPTION = inCharacters(140);
const Deployment = z.object({ id: z.number() });

/** A deployment of the commit on GitHub, in an environment named like the target: https://docs.github.com/rest/deployments/deployments */
export const githubDeployments: ChannelRenderer = {
  together: 1,
  render(notices, to) {
    const [notice] = notices;
    if (notice === undefined || to.api === null) return null;
    if (notice.event === 'test') return find(notice, to, () => null);
    const { revision } = notice;
    const state = stateOf(notice);
    if (revision === null || state === null) return null;
    const withStatus = (answer: string) => statusRequest(idIn(answer), { notice, state, to });
    return find(notice, to, (found) => {
      const [existing] = z.safeParse(z.array(Deployment), parsed(found)).data ?? [];
      if (existing !== undefined) return statusRequest(existing.id, { notice, state, to });
      return { ...create({ notice, revision }, to), next: withStatus };
    });
  },
};

type State = 'in_progress' | 'success' | 'failure' | 'error' | 'queued';

/** Null: it says nothing about the deployment of a commit. */
function stateOf({ event, resolves }: Notice): State | null {
  switch (event) {
    case 'deployed':
      return resolves ? 'success' : 'in_progress';
    case 'ready':
      return 'success';
    case 'refused':
    case 'partial':
    case 'not-ready':
      return 'failure';
    case 'failed':
      return 'error';
    case 'waiting':
      return 'queued';
    case 'held':
    case 'released':
    case 'drift':
    case 'image':
    case 'promoted':
    case 'test':
      return null;
    default:
      return event satisfies never;
  }
}

function find(
  { revision, target }: Notice,
  to: Destination,
  next: (answer: string) => HttpMessage | null,
): HttpMessage {
  const query = new URLSearchParams({
    environment: target,
    per_page: '1',
    ...(revision === null ? {} : { sha: revision }),
  });
  const url = `${addressOf(to)}?${query.toString()}`;
  return { kind: 'http', method: 'GET', url, headers: headersOf(to), body: null, next };
}

/** Requires no check of the commit to succeed: it is deployed already. */
function create({ notice, revision }: { notice: Notice; revision: string }, to: Destination): HttpMessage {
  const content = {
    ref: revision,
    environment: notice.target,
    auto_merge: false,
    required_contexts: [],
    description: 'deployed by headgate',
    payload: { id: notice.id },
  };
  return postJson(addressOf(to), content, headersOf(to));
}

function statusRequest(
  id: number | null,
  { notice, state, to }: { readonly notice: Notice; readonly state: State; readonly to: Destination },
): HttpMessage | null {
  if (id === null) return null;
  const content = {
    state,
    description: fit(notice.text, DESCRIPTION),
    environment: notice.target,
    auto_inactive: true,
  };
  return postJson(`${addressOf(to)}/${id}/statuses`, content, headersOf(to));
}

function addressOf({ api, fullName }: Destination): string {
  return `${api ?? ''}/repos/${fullName}/deployments`;
}

function headersOf({ token }: Destination) {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    'user-agent': 'headgate',
  };
}

function idIn(answer: string): number | null {
  return z.safeParse(Deployment, parsed(answer)).data?.id ?? null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
