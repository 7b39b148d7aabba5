import type { LocalRuntime } from '../../../src/app/local/local-runtime.ts';
import { planCommand } from '../../../src/cli/commands/plan.ts';
import { makePaint } from '../../../src/cli/terminal/paint.ts';
import type { ErrorCode } from '../../../src/error/deploy-error.ts';
import { sweepDrift } from '../../../src/deploy/drift/detect-drift.ts';
import type { Report } from '../../../src/deploy/ports/report.ts';
import { runRequests } from '../../../src/deploy/requests/run-requests.ts';
import { runTarget } from '../../../src/deploy/requests/run-target.ts';
import type { Json } from '../../../src/resource/resource.ts';
import type { Testbed } from './testbed.ts';

/** Commands of one testbed in the process of the test, which takes less time than starting them. */
export interface InProcess {
  /** What `headgate plan --output json` prints. */
  plan(): Promise<ShownPlan>;
  deploy(): Promise<Report>;
  /** Corrects drift once; an empty list if nothing is suspect. */
  correctDrift(): Promise<readonly (Report | null)[]>;
  close(): void;
}

export interface ShownPlan {
  readonly changes: readonly {
    readonly op: string;
    readonly name: string;
    readonly diff?: readonly { readonly path: string; readonly before: Json; readonly after: Json }[];
  }[];
  readonly refusals: readonly { readonly code: ErrorCode; readonly message: string }[];
  readonly warnings?: readonly { readonly code: ErrorCode; readonly message: string }[];
}

const LIMIT_MS = 200_000;

export function inProcess(testbed: Testbed): InProcess {
  const runtime = testbed.runtime();
  const [target] = runtime.config.targets;
  if (target === undefined) throw new Error('no target');
  return {
    async plan() {
      const printed: string[] = [];
      const context = contextOf(testbed, runtime, (text) => printed.push(text));
      await planCommand(context, { target, revision: null, checkout: null, format: 'json' });
      return JSON.parse(printed.join('')) as ShownPlan;
    },
    async deploy() {
      const request = { target, trigger: { kind: 'cli' }, hint: null, at: new Date().toISOString() } as const;
      const outcome = await runTarget(request, runtime, AbortSignal.timeout(LIMIT_MS));
      if (outcome.kind !== 'done' || outcome.report === null) throw new Error(JSON.stringify(outcome));
      return outcome.report;
    },
    async correctDrift() {
      const signal = AbortSignal.timeout(LIMIT_MS);
      const requests = await sweepDrift(runtime, signal);
      const outcomes = await Promise.all(requests.map((request) => runRequests([request], runtime, signal)));
      return outcomes.map((outcome) => {
        if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
        return outcome.report;
      });
    },
    close: () => runtime.close(),
  };
}

export function contextOf(
  { env, directory }: Testbed,
  { config }: LocalRuntime,
  print: (text: string) => void,
): Parameters<typeof planCommand>[0] {
  return {
    config,
    cwd: directory,
    configPath: 'headgate.yml',
    env,
    dataDir: directory,
    output: 'json',
    isConfirmed: true,
    ask: null,
    askSecret: async () => '',
    log: () => undefined,
    print,
    paint: makePaint({ isTerminal: false, env: {} }),
    signal: AbortSignal.timeout(LIMIT_MS),
    nowMs: () => Date.now(),
  };
}
