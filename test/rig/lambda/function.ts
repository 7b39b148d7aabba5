import { startEnvironment } from './environment.ts';
import type { Environment, FunctionOptions, Invoked } from './environment.ts';

/** A Lambda function: one environment per concurrent invocation, reused when it is free. */
export interface LambdaFunction {
  /** How long each environment took to start. */
  readonly starts: readonly number[];
  /** Peak resident memory of each, in MB. */
  peaksMb(): Promise<readonly number[]>;
  invoke(event: unknown): Promise<Invoked>;
  /** The response. @throws Error when the function failed */
  call(event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export function lambdaFunction(options: FunctionOptions): LambdaFunction {
  const environments: Environment[] = [];
  const starts: number[] = [];
  const claimed = new Set<Environment>();

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
    try {
      return await environment.invoke(event);
    } finally {
      claimed.delete(environment);
    }
  }

  return {
    starts,
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
