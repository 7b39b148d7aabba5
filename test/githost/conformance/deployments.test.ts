import { describe, expect, it } from 'vitest';
import { hostOf } from '../../../src/githost/hosts.ts';
import type { HostName } from '../../../src/githost/hosts.ts';
import type { DeploymentApi, DeploymentStatus } from '../../../src/githost/port/deployments.ts';
import type { ApiAnswer } from '../../../src/githost/port/host-api.ts';
import type { HostCall } from '../../../src/githost/port/pull-requests.ts';
import { aRevision } from '../builders.ts';
import { CASES } from './cases.ts';
import { NEW } from './host-case.ts';

/** How a host has deployment 7 of a commit to `review/next`; written independently of the code that reads it. */
interface DeploymentCase {
  readonly path: string;
  readonly created: object;
  readonly deployment: object;
  readonly environmentId: string | null;
  /** Method, path and fields of the requests that give it this status and URL, in their order. */
  readonly statuses: Readonly<Record<DeploymentStatus['state'], readonly string[]>>;
}

const URL_OF = 'https://next.example.com/';

const DEPLOYMENTS: Partial<Readonly<Record<HostName, DeploymentCase>>> = {
  github: {
    path: '/repos/acme/fleet/deployments',
    created: {
      ref: NEW,
      environment: 'review/next',
      description: 'Preview',
      transient_environment: true,
      production_environment: false,
      auto_merge: false,
      required_contexts: [],
    },
    deployment: { id: 7, sha: NEW, ref: NEW, environment: 'review/next', task: 'deploy' },
    environmentId: null,
    statuses: {
      'in-progress': [
        `POST /7/statuses {"state":"in_progress","description":"3 created","environment_url":"${URL_OF}"}`,
      ],
      success: [`POST /7/statuses {"state":"success","description":"3 created","environment_url":"${URL_OF}"}`],
      failure: [`POST /7/statuses {"state":"failure","description":"3 created","environment_url":"${URL_OF}"}`],
      inactive: [`POST /7/statuses {"state":"inactive","description":"3 created","environment_url":"${URL_OF}"}`],
    },
  },
  gitlab: {
    path: '/projects/acme%2Fplatform%2Ffleet/deployments',
    created: { environment: 'review/next', sha: NEW, ref: 'next', tag: false, status: 'running' },
    deployment: { id: 7, iid: 2, sha: NEW, ref: 'next', environment: { id: 9, name: 'review/next' } },
    environmentId: '9',
    statuses: {
      'in-progress': [`PUT /environments/9 {"external_url":"${URL_OF}"}`, 'PUT /7 {"status":"running"}'],
      success: [`PUT /environments/9 {"external_url":"${URL_OF}"}`, 'PUT /7 {"status":"success"}'],
      failure: [`PUT /environments/9 {"external_url":"${URL_OF}"}`, 'PUT /7 {"status":"failed"}'],
      inactive: [`PUT /environments/9 {"external_url":"${URL_OF}"}`, 'POST /environments/9/stop null'],
    },
  },
};

it.each(CASES)('shows deployments on $name, or says that it does not', ({ host, lacks }) => {
  expect(hostOf({ host }).loadDeployments === null).toBe(lacks.includes('deployments'));
  expect(DEPLOYMENTS[host] === undefined).toBe(lacks.includes('deployments'));
});

const WITH = CASES.flatMap((host) => {
  const deployments = DEPLOYMENTS[host.host];
  return deployments === undefined ? [] : [{ name: host.name, host, deployments }];
});

describe.each(WITH)('a deployment of $name', ({ host, deployments }) => {
  const at = { api: host.api ?? '', fullName: host.fullName };
  const revision = aRevision(NEW);
  const what = { revision, branch: 'next', environment: 'review/next', description: 'Preview', isTransient: true };
  const read = { id: '7', revision: NEW, environmentId: deployments.environmentId };

  async function api(): Promise<DeploymentApi> {
    const load = hostOf(host).loadDeployments;
    if (load === null) throw new Error('the case has deployments');
    return load();
  }

  function answerTo<Result>(call: HostCall<Result>, content: unknown, change: Partial<ApiAnswer> = {}) {
    return call.read({ status: 200, headers: {}, text: JSON.stringify(content), ...change });
  }

  it('is created for the commit and its environment', async () => {
    const call = (await api()).create(at, what);
    expect(call.request).toMatchObject({ method: 'POST', url: `${host.api}${deployments.path}` });
    expect(JSON.parse(call.request.body ?? '')).toEqual(deployments.created);
    expect(answerTo(call, deployments.deployment, { status: 201 })).toEqual(read);
    for (const status of [202, 400, 403, 409, 422])
      expect(answerTo(call, { message: 'no' }, { status })).toBeUndefined();
  });

  it('is found as the newest one of its environment, whose name is encoded', async () => {
    const call = (await api()).findNewest(at, 'review/next');
    expect(call.request.url).toContain(`${deployments.path}?environment=review%2Fnext`);
    expect(answerTo(call, [deployments.deployment])).toEqual(read);
    expect(answerTo(call, [])).toBeNull();
    expect(answerTo(call, {})).toBeUndefined();
    expect(answerTo(call, [{ ...deployments.deployment, sha: 'x' }])).toBeUndefined();
  });

  it.each(['in-progress', 'success', 'failure', 'inactive'] as const)(
    'has the status %s and its URL after these requests, also when they are repeated',
    async (state) => {
      const status = { state, url: URL_OF, description: '3 created' };
      const calls = (await api()).statusCalls(at, { ...read, revision }, status);
      const sent = calls.map(({ request: { method, url, body } }) => {
        const path = url.replace(`${host.api}${deployments.path}`, '').replace(/^.*(?=\/environments)/, '');
        return `${method} ${path} ${body}`;
      });
      expect(sent).toEqual(deployments.statuses[state]);
      for (const call of calls) {
        expect(answerTo(call, { id: 1 }, { status: 201 })).toBe(true);
        expect(answerTo(call, {}, { status: 403 })).toBeUndefined();
      }
      const withoutUrl = (await api()).statusCalls(at, { ...read, revision }, { ...status, url: null });
      expect(JSON.stringify(withoutUrl)).not.toContain('_url');
    },
  );

  it('has the status that the host refuses to repeat', async () => {
    const status = { state: 'success', url: null, description: '' } as const;
    const [call] = (await api()).statusCalls(at, { ...read, revision }, status);
    const repeated = { message: { status: ['cannot transition via "succeed"'] } };
    const isRefused = deployments.environmentId !== null;
    expect(call && answerTo(call, repeated, { status: 400 })).toBe(isRefused ? true : undefined);
  });

  it('never addresses another path by an id', async () => {
    const odd = { id: '../7', revision, environmentId: '../9' };
    const calls = (await api()).statusCalls(at, odd, { state: 'success', url: URL_OF, description: '' });
    for (const { request } of calls) expect(request.url).toMatch(/\/0(\/statuses)?$/);
  });
});
