import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import { LEASE_MS, REQUEST_MS } from './short.ts';

// `headgate uninstall TARGET --yes` as a process of its own that can be killed, with short deadlines. 0: it is gone.
const [path = '', name = ''] = process.argv.slice(2);
const read = readConfig({ text: await readFile(path, 'utf8'), path });
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const target = read.config.targets.find((each) => each.name === name);
if (target === undefined) throw new Error(`there is no target ${name}`);
const log = jsonLog({ write: (text) => process.stdout.write(text), nowMs: Date.now });
const runtime = localRuntime({
  config: read.config,
  env: process.env,
  log,
  holder: `cli-${randomUUID()}`,
  progress: () => undefined,
  limits: { ...RUN_LIMITS, leaseMs: LEASE_MS, requestTimeoutMs: REQUEST_MS },
});
const { signal } = new AbortController();
const cluster = await runtime.openCluster(target);
const recorded = await cluster.read('write', signal);
const planned = await recorded.planUninstall({ isKept: false }, signal);
const removed = await planned.carryOut(signal);
runtime.close();
process.exitCode = removed.every(({ problem }) => problem === null) ? 0 : 1;
