import { resolve } from 'node:path';
import type { BareContext, Context, ExitCode, OutputFormat } from './terminal/context.ts';
import { loadConfig } from './lookup/load-config.ts';
import { jsonLog } from '../app/json-log.ts';
import { escapeInvisible } from '../error/visible-text.ts';
import { prettyLog } from './terminal/pretty-log.ts';
import type { LogFormat } from './terminal/pretty-log.ts';
import { makePaint } from './terminal/paint.ts';
import type { CliProcess, OutputStream } from './terminal/cli-process.ts';
import { reportProblems } from './terminal/report-problems.ts';
import type { Log } from '../deploy/ports/log.ts';

/** The options of every command. */
export interface GlobalFlags {
  readonly config?: string;
  readonly dataDir: string;
  readonly logFormat?: LogFormat;
  readonly yes?: true;
}

export interface CommandInvocation {
  readonly flags: GlobalFlags;
  readonly output: OutputFormat;
  readonly logsTo: 'stdout' | 'stderr';
}

/** Loads the configuration, and either reports all of its mistakes or runs the command. */
export async function runCommand(
  invocation: CommandInvocation,
  process: CliProcess,
  body: (context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
  const context = openContext(invocation, process);
  const loaded = await loadConfig({ path: context.configPath, cwd: process.cwd, env: process.env });
  if ('problems' in loaded) {
    reportProblems(loaded.problems, { process, format: errorFormat(invocation.flags, invocation.logsTo, process) });
    return 1;
  }
  const { config } = loaded;
  for (const warning of config.warnings) context.log({ level: 'warn', message: warning });
  return body({ ...context, config });
}

export function openContext({ flags, output, logsTo }: CommandInvocation, process: CliProcess): BareContext {
  const { env, cwd, ask, askSecret, signal, nowMs } = process;
  return {
    cwd,
    configPath: flags.config ?? (env['HEADGATE_CONFIG'] || 'headgate.yml'),
    env,
    dataDir: resolve(cwd, flags.dataDir),
    output,
    isConfirmed: flags.yes === true,
    ask,
    askSecret,
    log: makeLog(flags.logFormat, process[logsTo], process),
    // JSON may have text of a repository, a cluster or a server, and people read it in a terminal too.
    print: (text) => process.stdout.write(`${output === 'json' ? escapeInvisible(text) : text}\n`),
    paint: makePaint({ isTerminal: process.stdout.isTerminal, env }),
    signal,
    nowMs,
  };
}

function makeLog(format: LogFormat | undefined, stream: OutputStream, { env, nowMs }: CliProcess): Log {
  const { write, isTerminal } = stream;
  const chosen = format ?? (isTerminal ? 'pretty' : 'json');
  return chosen === 'json'
    ? jsonLog({ write, nowMs })
    : prettyLog({ write, nowMs, paint: makePaint({ isTerminal, env }) });
}

/** Errors are for people even in a pipe, where CI shows them; only `serve`, and `--log-format json`, write JSON. */
export function errorFormat(
  flags: Partial<GlobalFlags>,
  logsTo: CommandInvocation['logsTo'],
  process: CliProcess,
): LogFormat {
  return flags.logFormat ?? (logsTo === 'stdout' && !process.stdout.isTerminal ? 'json' : 'pretty');
}
