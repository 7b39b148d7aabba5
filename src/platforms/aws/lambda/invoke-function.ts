import { DeployError } from '../../../error/deploy-error.ts';
import type { Aws } from '../api/request.ts';

/** A cold start in a VPC, and probes that wait until they give up. */
const DEADLINE_MS = 60_000;

/** Invokes a function and resolves to what it returned; null: it does not exist. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export async function invokeFunction(
  { name, region, event }: { readonly name: string; readonly region: string; readonly event: object },
  aws: Aws,
  signal: AbortSignal,
): Promise<{ readonly returned: unknown } | null> {
  const path = `/2015-03-31/functions/${name}/invocations`;
  const body = JSON.stringify(event);
  const call = { service: 'lambda', region, path, headers: {}, body, deadlineMs: DEADLINE_MS } as const;
  const { status, text } = await aws.call(call, signal);
  if (status === 404) return null;
  if (status !== 200) throw refused(name, status, text);
  const returned: unknown = JSON.parse(text);
  const failure = failureIn(returned);
  if (failure === null) return { returned };
  throw new DeployError('aws-unreachable', {
    subject: `function ${name}`,
    message: `the function failed: ${failure}`,
    remedy: 'Run headgate bootstrap: the function may be of an older version. If it fails again, see its log.',
  });
}

/** A function that throws returns `{"errorType":…,"errorMessage":…}`, also with status 200. */
function failureIn(returned: unknown): string | null {
  if (typeof returned !== 'object' || returned === null || !('errorMessage' in returned)) return null;
  return String(returned.errorMessage);
}

function refused(name: string, status: number, text: string): DeployError {
  const reason = /"[Mm]essage"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? `status ${status}`;
  return new DeployError(status === 403 ? 'aws-unauthorized' : 'aws-unreachable', {
    subject: `function ${name}`,
    message: `the function cannot be invoked: ${reason}`,
    remedy:
      status === 403
        ? 'Sign in with the permission lambda:InvokeFunction on it.'
        : 'Run headgate doctor again in a minute.',
  });
}
