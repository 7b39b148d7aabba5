import { randomUUID } from 'node:crypto';
import { RUN_LIMITS } from '../../cluster/state/limits.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import type { Config } from '../../config/checked/config.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import type { Log } from '../../deploy/ports/log.ts';
import { openAgents } from '../../exchange/exchange.ts';
import { taskRoute } from '../../platforms/http/task-route.ts';
import { taskSender } from '../../platforms/http/task-sender.ts';
import { startHttpServer } from '../../platforms/local/http-server.ts';
import { localRuntime } from '../local/local-runtime.ts';
import type { LocalRuntime } from '../local/local-runtime.ts';
import { readSecrets, receptionOf } from '../local/reception.ts';
import { resolveSecret, SECRET_TIMEOUT_MS } from '../secrets.ts';
import { wait } from '../wait.ts';
import { sweepTask } from './sweep-task.ts';
import { checkTask, CLOSE_MS, deployTask, FINISH_MS } from './tasks.ts';
import type { Tasks } from './tasks.ts';

export interface HttpHostOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Of the queue's gateway, without a slash at the end. */
  readonly tasksUrl: string;
  /** Messages are sent with the first key, and a request may have any of them. */
  readonly keys: readonly [SecretReference, ...SecretReference[]];
  /** How long the queue waits for an answer. */
  readonly taskLimitMs: number;
  /** For tests. */
  readonly limits?: RunLimits;
}

export interface HttpHost {
  readonly url: string;
  /** Finishes running tasks, or hands them back to the queue, within ten seconds: platforms wait no longer. */
  stop(): Promise<void>;
}

/** Answers webhooks, tasks that a queue pushes, and sweeps. Keeps nothing: any number of these processes run side by side. */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const { config, env, log, host, port, tasksUrl, keys, limits = RUN_LIMITS } = options;
  const agents = openAgents();
  const stopping = new AbortController();
  const keysNow = () => Promise.all(keys.map((reference) => keyOf(reference, runtime)));
  const outbox = taskSender({
    url: tasksUrl,
    key: () => keyOf(keys[0], runtime),
    agents,
    randomId: randomUUID,
    nowMs: Date.now,
    wait,
  });
  const holder = `http-${randomUUID()}`;
  const runtime = localRuntime({ config, env, log, holder, progress: () => undefined, outbox, limits });
  const close = () => {
    runtime.close();
    agents.close();
  };
  try {
    await Promise.all([readSecrets(runtime, stopping.signal), keysNow()]);
    const tasks: Tasks = { runtime, log, stopping: stopping.signal, limitMs: options.taskLimitMs };
    const routes = [
      taskRoute({ path: '/tasks/deploy', keys: keysNow, serve: deployTask(tasks) }),
      taskRoute({ path: '/tasks/check', keys: keysNow, serve: checkTask(tasks) }),
      taskRoute({ path: '/sweep', keys: keysNow, serve: sweepTask(tasks) }),
    ];
    const reception = receptionOf(runtime, { log, queue: outbox.requests });
    const server = await startHttpServer({ host, port, routes }, reception);
    log({ level: 'info', message: 'listening', url: server.url });
    return {
      url: server.url,
      async stop() {
        const finishing = setTimeout(() => stopping.abort(), FINISH_MS);
        await server.close(CLOSE_MS);
        clearTimeout(finishing);
        close();
      },
    };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

function keyOf(reference: SecretReference, { secrets }: LocalRuntime): Promise<string> {
  return resolveSecret(reference, secrets, AbortSignal.timeout(SECRET_TIMEOUT_MS));
}
