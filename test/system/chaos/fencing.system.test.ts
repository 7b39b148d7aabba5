import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { runTarget } from '../../../src/deploy/requests/run-target.ts';
import type { RunOutcome } from '../../../src/deploy/ports/runtime.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import { SECRET, TOKEN, configMap } from '../../rig/testbed/testbed.ts';
import { FaultTestbed, targetNames } from '../../rig/chaos/fault-testbed.ts';
import type { ProxiedRequest } from '../../rig/chaos/fault-testbed.ts';
import type { Commit } from '../../rig/chaos/git-writer.ts';
import { LEASE_MS, REQUEST_MS } from '../../rig/chaos/limits.ts';

const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n';
const filesOf = (v: string) => ({
  'apps/a.yaml': ['a', 'b', 'c'].map((name) => configMap(name, { v })).join('---\n'),
  'apps/service.yaml': service.replace('{ name: web }', `{ name: web, labels: { v: "${v}" } }`),
});

let testbed: FaultTestbed;
let target: string;
let requests: ProxiedRequest[];
let auditedBefore: number;

beforeEach(async () => {
  const names = targetNames(1);
  target = names[0] ?? '';
  testbed = await FaultTestbed.build(inject('cluster'), { targets: names, visibilitySeconds: 10 });
  await testbed.api.create('/api/v1/namespaces', { metadata: { name: target } });
  auditedBefore = (await stat(inject('cluster').auditLog)).size;
  requests = [];
  testbed.fault = (each) => {
    requests.push(each);
    return 'pass';
  };
  await testbed.start();
});

afterEach(async () => {
  await testbed.api.remove(`/api/v1/namespaces/${target}`);
  await testbed.close();
});

const isWrite = ({ server, method, path }: ProxiedRequest) =>
  server === 'kubernetes' && method !== 'GET' && !path.includes('dryRun') && !path.includes('/events');
const isApply = (each: ProxiedRequest) => isWrite(each) && /(configmaps|services)\/(a|b|c|web)\?/.test(each.path);

/** Deploys from another process than the child, as the command line or a function does. */
async function deployElsewhere(): Promise<RunOutcome> {
  const path = `${testbed.directory}/headgate.yml`;
  const text = (await readFile(path, 'utf8')).replace('./kubeconfig', inject('cluster').kubeconfig);
  const read = readConfig({ text, path });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const [only] = read.config.targets;
  if (only === undefined) throw new Error('headgate.yml has no target');
  const runtime = localRuntime({
    config: read.config,
    env: { FLEET_TOKEN: TOKEN, FLEET_SECRET: SECRET },
    log: () => undefined,
    holder: 'elsewhere',
    progress: () => undefined,
    limits: { ...RUN_LIMITS, leaseMs: LEASE_MS, requestTimeoutMs: REQUEST_MS },
  });
  try {
    const trigger = { kind: 'cli' } as const;
    const request = { target: only, trigger, hint: null, at: new Date().toISOString() };
    return await runTarget(request, runtime, new AbortController().signal);
  } finally {
    runtime.close();
  }
}

async function deployed(commit: Commit): Promise<void> {
  await vi.waitFor(
    () =>
      expect(testbed.log).toContainEqual(expect.objectContaining({ verdict: 'deployed', revision: commit.revision })),
    { timeout: 20_000, interval: 20 },
  );
}

interface Audited {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent: string;
  readonly requestReceivedTimestamp: string;
}

/** The commits that wrote to the namespace, in order, one entry for each unbroken run of writes: from the audit log. */
async function writers(): Promise<readonly string[]> {
  const rows: Audited[] = [];
  // The log may be larger than a string can be.
  const lines = createInterface({ input: createReadStream(inject('cluster').auditLog, { start: auditedBefore }) });
  for await (const line of lines) {
    if (line.includes(`(${target}@`)) rows.push(JSON.parse(line) as Audited);
  }
  const writes = rows
    .filter(({ verb, requestURI }) => !['get', 'list', 'watch'].includes(verb) && !/dryRun|\/events/.test(requestURI))
    .toSorted((x, y) => (x.requestReceivedTimestamp < y.requestReceivedTimestamp ? -1 : 1))
    .map(({ userAgent }) => /@([0-9a-f]{12})/.exec(userAgent)?.[1] ?? '');
  return writes.filter((row, index) => row !== writes[index - 1]);
}

const shortOf = ({ revision }: Commit) => revision.slice(0, 12);

describe('two runs of one target', () => {
  it('never interleave writes: the second is refused, and the first one continues undisturbed', async () => {
    const first = testbed.git.commit(target, filesOf('1'), []);
    let isSlow = true;
    testbed.fault = (each) => {
      requests.push(each);
      return isSlow && isApply(each) ? { stallMs: 0.3 * REQUEST_MS, what: 'answer' } : 'pass';
    };
    await testbed.deliver(target, first);
    await vi.waitFor(() => expect(requests.some((each) => isApply(each))).toBe(true), { timeout: 20_000, interval: 5 });
    const second = testbed.git.commit(target, filesOf('2'), [first.revision]);
    const refused = await deployElsewhere();
    expect(refused).toMatchObject({ kind: 'retry', error: { code: 'lease-held' } });
    await deployed(first);
    isSlow = false;
    expect(await deployElsewhere()).toMatchObject({ kind: 'done', report: { verdict: 'deployed' } });
    expect(await writers()).toEqual([shortOf(first), shortOf(second)]);
  });

  it('leave nothing to write for a process that resumes after its lease has expired and another run has finished', async () => {
    const first = testbed.git.commit(target, filesOf('1'), []);
    await testbed.deliver(target, first);
    await deployed(first);
    const stalled = testbed.git.commit(target, filesOf('2'), [first.revision]);
    testbed.fault = (each) => {
      requests.push(each);
      // The ConfigMaps are on their way; the Service would be next.
      if (isApply(each)) testbed.signal('SIGSTOP');
      return 'pass';
    };
    await testbed.deliver(target, stalled);
    await vi.waitFor(() => expect(requests.filter((each) => isApply(each)).length).toBeGreaterThan(4), {
      timeout: 20_000,
      interval: 5,
    });
    const newest = testbed.git.commit(target, filesOf('3'), [stalled.revision]);
    expect(await deployElsewhere()).toMatchObject({ kind: 'retry', error: { code: 'lease-held' } });
    const taken = await vi.waitFor(
      async () => {
        const outcome = await deployElsewhere();
        expect(outcome.kind).toBe('done');
        return outcome;
      },
      { timeout: 3 * LEASE_MS, interval: 200 },
    );
    expect(taken).toMatchObject({ report: { verdict: 'deployed', revision: newest.revision } });
    testbed.fault = (each) => {
      requests.push(each);
      return 'pass';
    };
    requests = [];
    testbed.signal('SIGCONT');
    await vi.waitFor(
      () =>
        expect(testbed.log).toContainEqual(
          expect.objectContaining({ verdict: 'unchanged', revision: newest.revision }),
        ),
      { timeout: 20_000, interval: 20 },
    );
    expect(requests.filter((each) => isApply(each))).toEqual([]);
    expect(await writers()).toEqual([first, stalled, newest].map(shortOf));
  });
});

describe('an object that is still terminating when Git defines it again', () => {
  it('is created once its deletion has finished', async () => {
    const path = `/api/v1/namespaces/${target}/configmaps/held`;
    const held = configMap('held', { v: '1' }, '  finalizers: [example.com/hold]\n');
    const rest = { 'apps/rest.yaml': configMap('rest', { v: '1' }) };
    const with1 = testbed.git.commit(target, { ...rest, 'apps/held.yaml': held }, []);
    await testbed.deliver(target, with1);
    await deployed(with1);
    const without = testbed.git.commit(target, rest, [with1.revision]);
    await testbed.deliver(target, without);
    await deployed(without);
    const before = (await testbed.api.get(path))?.['metadata'];
    expect(before).toMatchObject({ deletionTimestamp: expect.any(String) });
    const again = testbed.git.commit(target, { ...rest, 'apps/held.yaml': held }, [without.revision]);
    await testbed.deliver(target, again);
    await vi.waitFor(() => expect(JSON.stringify(testbed.log)).toContain('still-deleting'), {
      timeout: 20_000,
      interval: 20,
    });
    await testbed.api.patch(path, { metadata: { finalizers: null } });
    await deployed(again);
    const after = (await testbed.api.get(path))?.['metadata'] as { uid: string; deletionTimestamp?: string };
    expect(after.deletionTimestamp).toBeUndefined();
    expect(after.uid).not.toBe((before as { uid: string }).uid);
    await testbed.api.patch(path, { metadata: { finalizers: null } });
  });
});
