import { resolve } from 'node:path';
import { startHttpHost } from '../../app/http/http-host.ts';
import { unbuiltKeys } from '../../config/derived/unbuilt.ts';
import { formatAddress, parseAddress } from '../../config/written/address.ts';
import { parseReference } from '../../config/written/reference.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export interface HttpHostFlags {
  readonly host: string;
  /** Null: $PORT, as platforms set it, else 8080. */
  readonly port: number | null;
  /** Null: $HEADGATE_TASKS_URL. */
  readonly tasksUrl: string | null;
  /** References; none: env:HEADGATE_TASKS_KEY. */
  readonly keys: readonly string[];
  readonly taskLimitMs: number;
  /** Accepts an http address of another machine. */
  readonly insecure: boolean;
}

/** Runs until Ctrl-C or SIGTERM. */
export async function httpHostCommand(
  { config, env, log, cwd, signal }: Context,
  { host, port, tasksUrl, keys, taskLimitMs, insecure }: HttpHostFlags,
): Promise<ExitCode> {
  const [unbuilt] = unbuiltKeys(config, 'headgate http-host does not', [
    'images',
    'promotions',
    'notify',
    'pullRequests',
    'previews',
    'record',
  ]);
  if (unbuilt !== undefined) throw new DeployError(unbuilt.code, unbuilt);
  const [first = 'env:HEADGATE_TASKS_KEY', ...others] = keys;
  const service = await startHttpHost({
    config,
    env,
    log,
    host,
    port: port ?? portOf(env),
    tasksUrl: addressOf(tasksUrl ?? env['HEADGATE_TASKS_URL'] ?? '', insecure),
    keys: [referenceOf(first, cwd), ...others.map((text) => referenceOf(text, cwd))],
    taskLimitMs,
  });
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  log({ level: 'info', message: 'stopping' });
  await service.stop();
  log({ level: 'info', message: 'stopped' });
  return 0;
}

function portOf({ PORT = '' }: NodeJS.ProcessEnv): number {
  return /^\d{1,5}$/.test(PORT) ? Number(PORT) : 8080;
}

function addressOf(text: string, insecure: boolean): string {
  const subject = '--tasks-url';
  if (text === '') {
    const remedy =
      'Pass --tasks-url, or set HEADGATE_TASKS_URL. Messages are sent to /deploy and /check below that address.';
    throw new DeployError('usage', { subject, message: 'the address of the queue is missing', remedy });
  }
  const parsed = parseAddress(text, { insecure });
  if (parsed instanceof URL) return formatAddress(parsed);
  const remedy = parsed.message === 'is not encrypted' ? 'Use https, or pass --insecure.' : parsed.remedy;
  throw new DeployError('usage', { subject, message: `the address of the queue ${parsed.message}`, remedy });
}

function referenceOf(text: string, cwd: string): SecretReference {
  const reference = parseReference(text);
  if (reference === null) {
    throw new DeployError('usage', {
      subject: '--key',
      message: 'must be a reference to a secret, never the secret itself',
      remedy: 'Write env:NAME, file:PATH, ssm:NAME or secretsmanager:ID#key. If a secret was here, rotate it.',
    });
  }
  return reference.kind === 'file' ? { kind: 'file', path: resolve(cwd, reference.path) } : reference;
}
