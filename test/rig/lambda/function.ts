import { startEnvironment } from './environment.ts';
import type { Environment, FunctionOptions, Invoked } from './environment.ts';

/** A Lambda function: one environment per concurrent invocation, reused when it is free. */
export interface LambdaFunction {
  /** How long each environment took to start. */
  readonly starts: readonly number[];
  /** Peak resident memory of each, in MB. */
  peaksMb(): Promise<readonly number[]>;
  /** How long its invocations took so far, which is what AWS bills. */
  billedMs(): number;
  invoke(event: unknown): Promise<Invoked>;
  /** The response. @throws Error when the function failed */
  call(event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export function lambdaFunction(options: FunctionOptions): LambdaFunction {
  const environments: Environment[] = [];
  const starts: number[] = [];
  const claimed = new Set<Environment>();
  const running = new Set<number>();
  let endedMs = 0;

  async function free(): Promise<Environment> {
    const idle = environments.find((each) => each.isIdle() && !claimed.has(each));
    if (idle !== undefined) {
      claimed.add(idle);
      return idle;
    }
    const started = await startEnvironment(options);
    environments.push(started);
    starts.push(started.startedMs);
    claimed.add(started);
    return started;
  }

  async function invoke(event: unknown): Promise<Invoked> {
    const environment = await free();
    const beganMs = performance.now();
    running.add(beganMs);
    try {
      return await environment.invoke(event);
    } finally {
      running.delete(beganMs);
      endedMs += performance.now() - beganMs;
      claimed.delete(environment);
    }
  }

  return {
    starts,
    billedMs: () => [...running].reduce((sum, beganMs) => sum + performance.now() - beganMs, endedMs),
    peaksMb: () => Promise.all(environments.map((environment) => environment.peakMb())),
    invoke,
    async call(event) {
      const invoked = await invoke(event);
      if (invoked.kind === 'error') throw new Error(invoked.message);
      return invoked.value;
    },
    async stop() {
      await Promise.all(environments.splice(0).map((environment) => environment.stop()));
    },
  };
}
