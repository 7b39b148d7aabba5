import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/config/checked/config.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { lookByCluster } from '../../../src/deploy/targets/by-cluster.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';
import { DeployError } from '../../../src/error/deploy-error.ts';

const signal = new AbortController().signal;
const NAMES = ['a-1', 'a-2', 'a-3', 'b-1', 'b-2'];

/** Each on the cluster that its name begins with. */
function targets(): readonly Target[] {
  const read = readConfig({
    text: JSON.stringify({
      clusters: Object.fromEntries(['a', 'b'].map((name) => [name, { kubeconfig: { path: name } }])),
      repositories: { fleet: { host: 'github', url: 'https://github.com/acme/fleet.git', webhookSecret: 'env:S' } },
      targets: NAMES.map((name) => ({ ...place, name, path: name, cluster: name.slice(0, 1), namespace: name })),
    }),
    path: 'headgate.yml',
  });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.config.targets;
}

const place = { repository: 'fleet', branch: 'main' };

const requestOf = ({ name }: Target): DeployRequest => ({
  target: name,
  trigger: { kind: 'sweep' },
  hint: null,
  at: '2026-01-01T00:00:00Z',
});

function failure(code: 'cluster-unreachable' | 'state-newer'): DeployError {
  return new DeployError(code, { subject: 'a', message: 'failed', remedy: 'Wait.' });
}

function noting() {
  const sent: string[] = [];
  const logged: Parameters<Log>[0][] = [];
  return {
    sent,
    logged,
    send: async (requests: readonly DeployRequest[]) => void sent.push(requests.map(({ target }) => target).join('+')),
    log: (line: Parameters<Log>[0]) => void logged.push(line),
  };
}

describe('a sweep', () => {
  it('sends what it found on a cluster while another one is still looked at', async () => {
    const { sent, send, log } = noting();
    const slow = Promise.withResolvers<void>();
    const look = async (target: Target) => {
      if (target.name === 'a-2') await slow.promise;
      return requestOf(target);
    };
    const done = lookByCluster(
      targets(),
      {
        targetsAtOnce: 1,
        look,
        log,
        send: async (requests) => {
          await send(requests);
          slow.resolve();
        },
      },
      signal,
    );
    expect((await done).map(({ target }) => target)).toEqual(NAMES);
    expect(sent).toEqual(['b-1+b-2', 'a-1+a-2+a-3']);
  });

  it('skips the rest of a cluster that does not answer, and names what it skipped', async () => {
    const { sent, logged, send, log } = noting();
    const looked: string[] = [];
    const look = async (target: Target) => {
      looked.push(target.name);
      if (target.name === 'a-1') throw failure('cluster-unreachable');
      return requestOf(target);
    };
    await lookByCluster(targets(), { targetsAtOnce: 1, look, send, log }, signal);
    expect(looked).toEqual(['a-1', 'b-1', 'b-2']);
    expect(sent).toEqual(['b-1+b-2']);
    expect(logged).toMatchObject([
      { level: 'error', message: 'sweep-failed', target: 'a-1', errors: [{ code: 'cluster-unreachable' }] },
      { level: 'warn', message: 'sweep-skipped', cluster: 'a', targets: ['a-2', 'a-3'] },
    ]);
  });

  it('continues with the other targets of a cluster when one fails for a reason that concerns it alone', async () => {
    const { sent, send, log } = noting();
    const look = async (target: Target) => {
      if (target.name === 'a-1') throw failure('state-newer');
      return requestOf(target);
    };
    await lookByCluster(targets(), { targetsAtOnce: 1, look, send, log }, signal);
    expect(sent.toSorted()).toEqual(['a-2+a-3', 'b-1+b-2']);
  });

  it('sends what it found when its time is over, and looks at nothing more', async () => {
    const { sent, send, log } = noting();
    const timeIsOver = new AbortController();
    const look = async (target: Target) => {
      if (target.name === 'a-2') timeIsOver.abort();
      return target.name.startsWith('a') ? requestOf(target) : null;
    };
    await lookByCluster(targets(), { targetsAtOnce: 1, look, send, log }, timeIsOver.signal);
    expect(sent).toEqual(['a-1+a-2']);
  });

  it('sends what it found on the other clusters when sending fails once, and fails', async () => {
    const { sent, send, log } = noting();
    const refuse = async (requests: readonly DeployRequest[]) => {
      if (requests[0]?.target === 'a-1') throw new Error('the queue does not answer');
      await send(requests);
    };
    const look = async (target: Target) => requestOf(target);
    const swept = lookByCluster(targets(), { targetsAtOnce: 1, look, send: refuse, log }, signal);
    await expect(swept).rejects.toThrow('the queue does not answer');
    expect(sent).toEqual(['b-1+b-2']);
  });
});
