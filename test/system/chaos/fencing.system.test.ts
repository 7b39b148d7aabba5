import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { runTarget } from '../../../src/deploy/run-requests.ts';
import type { Outcome } from '../../../src/deploy/ports/runtime.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import { SECRET, TOKEN, configMap } from '../../rig/house/house.ts';
import { Lab, targetNames } from '../../rig/chaos/lab.ts';
import type { Asked } from '../../rig/chaos/lab.ts';
import type { Commit } from '../../rig/chaos/plumbing.ts';
import { LEASE_MS, REQUEST_MS } from '../../rig/chaos/short.ts';

const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n';
const filesOf = (v: string) => ({
  'apps/a.yaml': ['a', 'b', 'c'].map((name) => configMap(name, { v })).join('---\n'),
  'apps/service.yaml': service.replace('{ name: web }', `{ name: web, labels: { v: "${v}" } }`),
});

let lab: Lab;
let target: string;
let asked: Asked[];
let auditedBefore: number;

beforeEach(async () => {
  const names = targetNames(1);
  target = names[0] ?? '';
  lab = await Lab.build(inject('cluster'), { targets: names, visibilitySeconds: 10 });
  await lab.api.create('/api/v1/namespaces', { metadata: { name: target } });
  auditedBefore = (await stat(inject('cluster').auditLog)).size;
  asked = [];
  lab.fault = (each) => {
    asked.push(each);
    return 'pass';
  };
  await lab.start();
});

afterEach(async () => {
  await lab.api.remove(`/api/v1/namespaces/${target}`);
  await lab.close();
});

const isWrite = ({ server, method, path }: Asked) =>
  server === 'kubernetes' && method !== 'GET' && !path.includes('dryRun') && !path.includes('/events');
const isApply = (each: Asked) => isWrite(each) && /(configmaps|services)\/(a|b|c|web)\?/.test(each.path);

/** Another process than the child: the command line, or a function. */
async function deployElsewhere(): Promise<Outcome> {
  const path = `${lab.directory}/headgate.yml`;
  const text = (await readFile(path, 'utf8')).replace('./kubeconfig', inject('cluster').kubeconfig);
  const read = readConfig({ text, path });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const [only] = read.config.targets;
  if (only === undefined) throw new Error('there is no target');
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
    () => expect(lab.log).toContainEqual(expect.objectContaining({ verdict: 'deployed', revision: commit.revision })),
    { timeout: 20_000, interval: 20 },
  );
}

interface Audited {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent: string;
  readonly requestReceivedTimestamp: string;
}

/** The commits in whose name the namespace was written to, in order, one entry for each unbroken row: from the audit log. */
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
  it('never write in turns: the second is told to wait, and the first goes on undisturbed', async () => {
    const first = lab.plumbing.commit(target, filesOf('1'), []);
    let isSlow = true;
    lab.fault = (each) => {
      asked.push(each);
      return isSlow && isApply(each) ? { stallMs: 0.3 * REQUEST_MS, what: 'answer' } : 'pass';
    };
    await lab.deliver(target, first);
    await vi.waitFor(() => expect(asked.some((each) => isApply(each))).toBe(true), { timeout: 20_000, interval: 5 });
    const second = lab.plumbing.commit(target, filesOf('2'), [first.revision]);
    const refused = await deployElsewhere();
    expect(refused).toMatchObject({ kind: 'retry', error: { code: 'lease-held' } });
    await deployed(first);
    isSlow = false;
    expect(await deployElsewhere()).toMatchObject({ kind: 'done', report: { verdict: 'deployed' } });
    expect(await writers()).toEqual([shortOf(first), shortOf(second)]);
  });

  it('a process that was suspended past its lease writes nothing when it goes on; whoever took over is done by then', async () => {
    const first = lab.plumbing.commit(target, filesOf('1'), []);
    await lab.deliver(target, first);
    await deployed(first);
    const stalled = lab.plumbing.commit(target, filesOf('2'), [first.revision]);
    lab.fault = (each) => {
      asked.push(each);
      // The configuration is on its way, the Service would be next.
      if (isApply(each)) lab.signal('SIGSTOP');
      return 'pass';
    };
    await lab.deliver(target, stalled);
    await vi.waitFor(() => expect(asked.filter((each) => isApply(each)).length).toBeGreaterThan(4), {
      timeout: 20_000,
      interval: 5,
    });
    const newest = lab.plumbing.commit(target, filesOf('3'), [stalled.revision]);
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
    lab.fault = (each) => {
      asked.push(each);
      return 'pass';
    };
    asked = [];
    lab.signal('SIGCONT');
    await vi.waitFor(
      () =>
        expect(lab.log).toContainEqual(expect.objectContaining({ verdict: 'unchanged', revision: newest.revision })),
      { timeout: 20_000, interval: 20 },
    );
    expect(asked.filter((each) => isApply(each))).toEqual([]);
    expect(await writers()).toEqual([first, stalled, newest].map(shortOf));
  });
});

describe('an object that is still terminating when it is wanted again', () => {
  it('is created when it is gone', async () => {
    const path = `/api/v1/namespaces/${target}/configmaps/held`;
    const held = configMap('held', { v: '1' }, '  finalizers: [example.com/hold]\n');
    const rest = { 'apps/rest.yaml': configMap('rest', { v: '1' }) };
    const with1 = lab.plumbing.commit(target, { ...rest, 'apps/held.yaml': held }, []);
    await lab.deliver(target, with1);
    await deployed(with1);
    const without = lab.plumbing.commit(target, rest, [with1.revision]);
    await lab.deliver(target, without);
    await deployed(without);
    const before = (await lab.api.get(path))?.['metadata'];
    expect(before).toMatchObject({ deletionTimestamp: expect.any(String) });
    const again = lab.plumbing.commit(target, { ...rest, 'apps/held.yaml': held }, [without.revision]);
    await lab.deliver(target, again);
    await vi.waitFor(() => expect(JSON.stringify(lab.log)).toContain('still-deleting'), {
      timeout: 20_000,
      interval: 20,
    });
    await lab.api.patch(path, { metadata: { finalizers: null } });
    await deployed(again);
    const after = (await lab.api.get(path))?.['metadata'] as { uid: string; deletionTimestamp?: string };
    expect(after.deletionTimestamp).toBeUndefined();
    expect(after.uid).not.toBe((before as { uid: string }).uid);
    await lab.api.patch(path, { metadata: { finalizers: null } });
  });
});
