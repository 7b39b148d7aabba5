import { z } from 'zod';
import type { ApiAnswer } from './rest-api.ts';

/** GitHub's deployments: https://docs.github.com/en/rest/deployments/deployments */

export interface StoredDeployment {
  readonly id: number;
  readonly fullName: string;
  readonly sha: string;
  readonly environment: string;
  readonly isTransient: boolean;
  /** Oldest first. */
  readonly statuses: { readonly state: string; readonly url: string; readonly description: string }[];
}

export interface DeploymentsRequest {
  readonly method: string;
  readonly fullName: string;
  /** Behind `/repos/OWNER/NAME/deployments`. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** The commit of a ref; null: there is none. */
  readonly resolve: (ref: string) => Promise<string | null>;
}

const Created = z.object({
  ref: z.string(),
  environment: z.string().default('production'),
  description: z.string().max(140).default(''),
  transient_environment: z.boolean().default(false),
  auto_merge: z.boolean().default(true),
  required_contexts: z.array(z.string()).optional(),
});
const Status = z.object({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  description: z.string().max(140).default(''),
  environment_url: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
});

export async function answerDeployments(
  request: DeploymentsRequest,
  stored: StoredDeployment[],
): Promise<ApiAnswer | null> {
  const { method, fullName, rest, query, body } = request;
  const all = stored.filter((each) => each.fullName === fullName);
  const [, id = ''] = /^\/(\d+)\/statuses$/.exec(rest) ?? [];
  const found = all.find((each) => each.id === Number(id));
  switch (`${method} ${rest.replace(/\d+/, 'N')}`) {
    case 'GET ': {
      const named = all.filter(({ environment }) => environment === (query.get('environment') ?? environment));
      const newest = named.toReversed().slice(0, Number(query.get('per_page') ?? 30));
      return { status: 200, content: newest.map((each) => shown(each)) };
    }
    case 'POST ': {
      const { data } = Created.safeParse(body);
      if (data === undefined) return refusal(422, 'Validation Failed');
      const sha = await request.resolve(data.ref);
      if (sha === null) return refusal(422, `No ref found for: ${data.ref}`);
      // Without this list every status has to be a success, also the one that is pending while it is deployed.
      if (data.auto_merge || data.required_contexts === undefined) return refusal(409, 'Conflict: required contexts');
      const { environment, transient_environment: isTransient } = data;
      const deployment = { id: 700 + stored.length, fullName, sha, environment, isTransient, statuses: [] };
      stored.push(deployment);
      return { status: 201, content: shown(deployment) };
    }
    case 'POST /N/statuses': {
      const { data } = Status.safeParse(body);
      if (found === undefined) return refusal(404, 'Not Found');
      if (data === undefined) return refusal(422, 'Validation Failed');
      const { state, environment_url: url, description } = data;
      found.statuses.push({ state, url, description });
      return { status: 201, content: { id: found.statuses.length, state, environment_url: url, description } };
    }
    default:
      return null;
  }
}

function shown({ id, sha, environment, isTransient }: StoredDeployment) {
  return { id, sha, ref: sha, task: 'deploy', environment, transient_environment: isTransient };
}

function refusal(status: number, message: string): ApiAnswer {
  return { status, content: { message, documentation_url: 'https://docs.github.com/rest' } };
}
