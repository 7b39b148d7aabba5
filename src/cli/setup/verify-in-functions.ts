import * as z from 'zod';
import { hasReadRole } from '../../config/derived/read-role.ts';
import type { Target } from '../../config/checked/config.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import type { ErrorCode } from '../../error/deploy-error.ts';
import type { ProbeResult } from '../../app/probes/probe.ts';
import { wait } from '../../app/wait.ts';
import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { machineRegion } from '../../platforms/aws/api/machine-region.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { invokeFunction } from '../../platforms/aws/lambda/invoke-function.ts';
import { refusedInFunctions } from '../../platforms/aws/lambda/packable.ts';
import { stackName } from '../stack/headgate-stack.ts';
import type { Context } from '../terminal/context.ts';

const Result = z.object({
  kind: z.enum(['aws', 'secret', 'repository', 'statuses', 'target']),
  name: z.string(),
  detail: z.string(),
  problem: z
    .object({ code: z.custom<ErrorCode>(), subject: z.string(), message: z.string(), remedy: z.string() })
    .nullable(),
});

/** So many are verified within the deadline of one invocation. */
const CHUNK = 25;

/**
 * Lets the functions verify what these targets need, with their own roles, network and secrets: this user may lack what
 * they have, and have what they lack. Null: this configuration runs on machines, or there is no such stack.
 */
export async function verifyInFunctions(
  context: Context,
  targets: readonly Target[],
): Promise<readonly ProbeResult[] | null> {
  const { config, env, nowMs } = context;
  const region = config.aws.region ?? (await machineRegion(env));
  if (region === null || config.clusters.size === 0 || refusedInFunctions(config).length > 0) return null;
  const aws = openAws({ credentials: machineCredentials(nowMs), env, nowMs, wait });
  const verify = (name: string, names: readonly string[]) =>
    verifyIn({ name: `${stackName(config)}-${name}`, region, names }, aws, context.signal);
  try {
    const names = targets.map(({ name }) => name);
    const hasReaders = targets.some(({ cluster }) => hasReadRole(cluster));
    const results: ProbeResult[] = [];
    for (let from = 0; from === 0 || from < names.length; from += CHUNK) {
      const answer = await verify('deploy', names.slice(from, from + CHUNK));
      if (answer === null) return null;
      results.push(...answer);
      if (hasReaders) results.push(...((await verify('sweep', names.slice(from, from + CHUNK))) ?? []));
    }
    const all = [...results, ...((await verify('webhook', [])) ?? [])];
    // Each invocation looks at what its targets share.
    return [...new Map(all.map((result) => [JSON.stringify([result.kind, result.name, result.by]), result])).values()];
  } finally {
    aws.close();
  }
}

/** A function that cannot be invoked is a finding too. */
async function verifyIn(
  { name, region, names }: { name: string; region: string; names: readonly string[] },
  aws: Aws,
  signal: AbortSignal,
): Promise<readonly ProbeResult[] | null> {
  try {
    const answer = await invokeFunction({ name, region, event: { verify: names } }, aws, signal);
    if (answer === null) return null;
    const results = z.array(Result).safeParse(answer.returned);
    if (!results.success) throw unknownResults(name);
    return results.data.map((result) => ({ ...result, by: name }));
  } catch (thrown) {
    const { problem } = asDeployError(thrown);
    return [{ kind: 'function', name, detail: problem.message, problem }];
  }
}

/** An older sweep function does not support verification: it sweeps, and returns what it queued. */
function unknownResults(name: string): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `function ${name}`,
    message: 'the function did not return the results of a verification',
    remedy: 'Run headgate bootstrap: the function may be of an older version.',
  });
}
