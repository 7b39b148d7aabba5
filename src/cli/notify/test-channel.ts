import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/checked/config.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Notice } from '../../channels/port.ts';
import { nearest } from '../../config/written/nearest.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';

/** Sends one message to a channel, whatever it reports otherwise. */
export async function notifyTestCommand(context: Context, name: string): Promise<ExitCode> {
  const { config, env, log, signal, nowMs, output } = context;
  const channel = config.channels.get(name);
  if (channel === undefined) throw unknown(name, config);
  const runtime = localRuntime({ config, env, log, holder: 'notify-test', progress: () => undefined });
  try {
    const by = personOf(env);
    const { refused, later } = await runtime.sender.send([testNotice(name, { config, by, nowMs: nowMs() })], signal);
    const problem = refused[0] ?? later?.error.problem;
    if (problem !== undefined) throw new DeployError(problem.code, problem);
    const shown = { channel: name, kind: channel.kind };
    context.print(output === 'json' ? JSON.stringify(shown, null, 2) : `${name}: ${channel.kind} accepted the message`);
    return 0;
  } finally {
    runtime.close();
  }
}

function testNotice(
  channel: string,
  { config, by, nowMs }: { readonly config: Config; readonly by: string; readonly nowMs: number },
): Notice {
  const target = config.targets.find(({ notify }) => notify.includes(channel));
  const template = config.templates.find(({ settings }) => settings.notify.includes(channel));
  const used = target?.repository ?? template?.settings.repository;
  return {
    id: randomUUID(),
    channel,
    at: new Date(nowMs).toISOString(),
    target: target?.name ?? 'headgate',
    repository: used?.name ?? [...config.repositories.keys()][0] ?? '',
    delivery: 'cli',
    event: 'test',
    severity: 'info',
    resolves: false,
    revision: null,
    text: `sent by ${by} with headgate notify test ${channel}`,
    details: [],
    more: 0,
  };
}

function unknown(name: string, { channels }: Config): DeployError {
  const suggestion = nearest(name, channels.keys());
  const known =
    channels.size === 0 ? 'Add channels: to headgate.yml.' : `Use one of ${[...channels.keys()].join(', ')}.`;
  return new DeployError('usage', {
    subject: `channel ${name}`,
    message: `no channel is named ${name}`,
    remedy: suggestion === null ? known : `Did you mean ${suggestion}?`,
  });
}
