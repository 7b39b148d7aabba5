import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import { planUninstall, uninstall } from '../../../src/cluster/apply/uninstall.ts';
import { LEASE_MS, REQUEST_MS } from './limits.ts';

// `headgate uninstall TARGET --yes` as a separate process that can be killed, with short deadlines. Exits with 0 when nothing is left.
const [path = '', name = ''] = process.argv.slice(2);
const read = readConfig({ text: await readFile(path, 'utf8'), path });
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const target = read.config.targets.find((each) => each.name === name);
if (target === undefined) throw new Error(`target ${name} does not exist`);
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
const actions = await planUninstall({ isKept: false }, recorded.uninstallContext, signal);
const removed = await uninstall(actions, recorded.uninstallContext, signal);
runtime.close();
process.exitCode = removed.every(({ problem }) => problem === null) ? 0 : 1;
