import type { CloudFormationClient, Stack as StackAnswer } from '@aws-sdk/client-cloudformation';
import { DeployError } from '../../../error/deploy-error.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { sdkCredentials } from '../api/credentials.ts';

export interface Stack {
  /** CloudFormation's word, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Which parameters it was given. */
  readonly parameters: readonly string[];
}

/** Null: as it was before. */
export type StackParameters = Readonly<Record<string, string | null>>;

export interface StackChange {
  readonly action: 'Add' | 'Modify' | 'Remove' | 'Import' | 'Dynamic';
  readonly name: string;
  readonly type: string;
  readonly isReplaced: boolean;
}

export interface ChangeSet {
  readonly id: string;
  readonly changes: readonly StackChange[];
}

/** One CloudFormation stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference */
export interface StackClient {
  /** Null: there is none. */
  describe(signal: AbortSignal): Promise<Stack | null>;
  create(templateBody: string, signal: AbortSignal): Promise<void>;
  /** What the template would change; null: nothing. Nothing is changed by it. */
  createChangeSet(
    wanted: { readonly templateUrl: string; readonly parameters: StackParameters },
    signal: AbortSignal,
  ): Promise<ChangeSet | null>;
  executeChangeSet(id: string, signal: AbortSignal): Promise<void>;
  deleteChangeSet(id: string, signal: AbortSignal): Promise<void>;
  /** Waits for the end of what is under way. @throws DeployError with the reasons of what failed. */
  waitUntilSettled(signal: AbortSignal): Promise<Stack>;
  close(): void;
}

export interface StackOptions {
  readonly name: string;
  readonly region: string;
  readonly credentials: CredentialSource;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Loaded when it is needed: only `bootstrap`, `connect` and `doctor` do. */
export async function openStack({ name, region, credentials, wait, nowMs }: StackOptions): Promise<StackClient> {
  const sdk = await import('@aws-sdk/client-cloudformation');
  const client = new sdk.CloudFormationClient({ region, maxAttempts: 5, credentials: sdkCredentials(credentials) });
  const StackName = name;
  const asked = <T>(answer: Promise<T>) => answer.catch((cause: unknown) => Promise.reject(failure(name, cause)));
  const startedMs = nowMs();

  async function until<T>(look: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const found = await look();
      if (found !== null) return found;
      await wait(pauseMs, signal);
    }
  }

  async function describe(signal: AbortSignal): Promise<Stack | null> {
    const answer = await client
      .send(new sdk.DescribeStacksCommand({ StackName }), { abortSignal: signal })
      .catch((cause: unknown) => {
        if (isMissing(cause)) return null;
        throw failure(name, cause);
      });
    const [stack] = answer?.Stacks ?? [];
    return stack === undefined ? null : stackOf(stack);
  }

  async function failuresOf(signal: AbortSignal): Promise<readonly string[]> {
    const command = new sdk.DescribeStackEventsCommand({ StackName });
    const { StackEvents = [] } = await asked(client.send(command, { abortSignal: signal }));
    return StackEvents.filter(
      ({ ResourceStatus = '', Timestamp, ResourceStatusReason = '' }) =>
        ResourceStatus.endsWith('_FAILED') &&
        (Timestamp?.getTime() ?? 0) >= startedMs - CLOCK_MS &&
        !/cancelled/i.test(ResourceStatusReason),
    )
      .toReversed()
      .map((event) => `${event.LogicalResourceId ?? ''}: ${event.ResourceStatusReason ?? event.ResourceStatus ?? ''}`);
  }

  return {
    describe,
    async create(TemplateBody, signal) {
      const command = new sdk.CreateStackCommand({ StackName, TemplateBody, OnFailure: 'DELETE' });
      await asked(client.send(command, { abortSignal: signal }));
    },
    async createChangeSet({ templateUrl, parameters }, signal) {
      const command = new sdk.CreateChangeSetCommand({
        StackName,
        ChangeSetName: `headgate-${nowMs()}`,
        ChangeSetType: 'UPDATE',
        TemplateURL: templateUrl,
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: Object.entries(parameters).map(([ParameterKey, value]) =>
          value === null ? { ParameterKey, UsePreviousValue: true } : { ParameterKey, ParameterValue: value },
        ),
      });
      const { Id: id = '' } = await asked(client.send(command, { abortSignal: signal }));
      return until(() => readChangeSet(client, { id, name }, signal), signal).then(({ changeSet }) => changeSet);
    },
    async executeChangeSet(ChangeSetName, signal) {
      await asked(client.send(new sdk.ExecuteChangeSetCommand({ ChangeSetName }), { abortSignal: signal }));
    },
    async deleteChangeSet(ChangeSetName, signal) {
      await asked(client.send(new sdk.DeleteChangeSetCommand({ ChangeSetName }), { abortSignal: signal }));
    },
    async waitUntilSettled(signal) {
      const stack = await until(async () => {
        const seen = await describe(signal);
        if (seen === null) throw gone(name);
        return seen.status.endsWith('_IN_PROGRESS') ? null : seen;
      }, signal);
      if (stack.status === 'CREATE_COMPLETE' || stack.status === 'UPDATE_COMPLETE') return stack;
      throw rolledBack(name, stack.status, await failuresOf(signal));
    },
    close: () => client.destroy(),
  };
}

/** Events are stamped by AWS's clock. */
const CLOCK_MS = 60_000;

function stackOf({ StackStatus, Outputs = [], Parameters = [] }: StackAnswer): Stack {
  const outputs = Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const);
  return {
    status: StackStatus ?? '',
    outputs: Object.fromEntries(outputs),
    parameters: Parameters.map(({ ParameterKey = '' }) => ParameterKey),
  };
}

/** Null while it is still being made. */
async function readChangeSet(
  client: CloudFormationClient,
  { id, name }: { readonly id: string; readonly name: string },
  signal: AbortSignal,
): Promise<{ readonly changeSet: ChangeSet | null } | null> {
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const changes: StackChange[] = [];
  let next: string | undefined;
  do {
    const command = new DescribeChangeSetCommand({ ChangeSetName: id, NextToken: next });
    const page = await client
      .send(command, { abortSignal: signal })
      .catch((cause: unknown) => Promise.reject(failure(name, cause)));
    const { Status = '', StatusReason = '' } = page;
    if (Status === 'FAILED') {
      // Its only word for "nothing to do": https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
      if (/didn't contain changes|No updates are to be performed/.test(StatusReason)) return { changeSet: null };
      throw refused(name, StatusReason);
    }
    if (Status !== 'CREATE_COMPLETE') return null;
    for (const { ResourceChange: change } of page.Changes ?? []) {
      if (change?.Action === undefined) continue;
      const { Action: action, LogicalResourceId = '', ResourceType = '', Replacement } = change;
      if (action === 'SyncWithActual') continue;
      changes.push({ action, name: LogicalResourceId, type: ResourceType, isReplaced: Replacement === 'True' });
    }
    next = page.NextToken;
  } while (next !== undefined);
  return { changeSet: { id, changes } };
}

/** There is no code for it: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
function isMissing(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'ValidationError' && cause.message.includes('does not exist');
}

const RIGHTS = new Set(['AccessDenied', 'AccessDeniedException', 'InvalidClientTokenId', 'ExpiredToken']);

function failure(name: string, cause: unknown): DeployError {
  if (cause instanceof DeployError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const isRefused = RIGHTS.has(error.name);
  return new DeployError(isRefused ? 'aws-unauthorized' : 'aws-unreachable', {
    subject: `stack ${name}`,
    message: `${error.name}: ${error.message}`,
    remedy: isRefused
      ? 'Sign in with rights over CloudFormation and what the stack creates: docs/aws.md lists them.'
      : 'Try again; nothing is done twice.',
    cause,
  });
}

function refused(name: string, reason: string): DeployError {
  return new DeployError('aws-unauthorized', {
    subject: `stack ${name}`,
    message: `CloudFormation does not take the template: ${reason}`,
    remedy: 'Mend what it names, and run headgate bootstrap again.',
  });
}

function rolledBack(name: string, status: string, reasons: readonly string[]): DeployError {
  return new DeployError('aws-unauthorized', {
    subject: `stack ${name}`,
    message: [`it ended as ${status}`, ...reasons].join('; '),
    remedy:
      'CloudFormation has put back what was there. Mend what it names, and run headgate bootstrap again; a stack in ROLLBACK_COMPLETE or ROLLBACK_FAILED has to be deleted first.',
  });
}

function gone(name: string): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `stack ${name}`,
    message: 'it was deleted while it was being waited for',
    remedy: 'Look at the events of the stack in the console of CloudFormation, and run headgate bootstrap again.',
  });
}
