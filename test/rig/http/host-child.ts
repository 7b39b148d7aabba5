import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { startHttpHost } from '../../../src/app/http/http-host.ts';
import { jsonLog } from '../../../src/app/json-log.ts';

// `headgate http-host` as a separate process that can be killed, with leases that end soon.
const [path = '', tasksUrl = ''] = process.argv.slice(2);

const text = process.env['HEADGATE_YML'] ?? '';
const read = readConfig({ text, path });
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
await startHttpHost({
  config: read.config,
  env: process.env,
  log: jsonLog({ write: (line) => process.stdout.write(line), nowMs: Date.now }),
  host: '127.0.0.1',
  port: 0,
  tasksUrl,
  keys: [{ kind: 'env', name: 'HEADGATE_TASKS_KEY' }],
  taskLimitMs: 60_000,
  limits: { ...RUN_LIMITS, leaseMs: 8_000, requestTimeoutMs: 3_900 },
});
