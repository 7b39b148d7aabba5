import { readFile } from 'node:fs/promises';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { holdCommand, releaseCommand, rollbackCommand } from '../../../src/cli/steer/hold.ts';
import { makePaint } from '../../../src/cli/terminal/paint.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import { asRevision } from '../../../src/snapshot/source.ts';
import { LEASE_MS, REQUEST_MS } from './limits.ts';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';

// `headgate hold TARGET --at SHA`, `headgate rollback TARGET` or `headgate release TARGET` as a separate process that can be killed, with short deadlines.
const [path = '', command = '', name = '', at = ''] = process.argv.slice(2);
const read = readConfig({ text: await readFile(path, 'utf8'), path });
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const target = read.config.targets.find((each) => each.name === name);
if (target === undefined) throw new Error(`target ${name} does not exist`);
const log = jsonLog({ write: (text) => process.stdout.write(text), nowMs: Date.now });
const context = {
  config: read.config,
  configPath: path,
  env: process.env,
  cwd: process.cwd(),
  dataDir: '',
  output: 'text',
  isConfirmed: true,
  ask: null,
  askSecret: () => Promise.reject(new Error('no secret is needed')),
  log,
  print: (text: string) => log({ level: 'info', message: 'answer', text }),
  paint: makePaint({ isTerminal: false, env: {} }),
  signal: new AbortController().signal,
  nowMs: Date.now,
} as const;
const limits = { ...RUN_LIMITS, leaseMs: LEASE_MS, requestTimeoutMs: REQUEST_MS };
const commands: Readonly<Record<string, () => Promise<number>>> = {
  hold: () => holdCommand(context, { target, reason: 'a test', at: asRevision(at), until: null }, limits),
  rollback: () => rollbackCommand(context, { target, to: null, reason: null }, limits),
  release: () => releaseCommand(context, { target }, limits),
};
const run = commands[command];
if (run === undefined) throw new Error(`${command} is not a command that steers`);
process.exitCode = await run();
