import type { Stack as StackAnswer } from '@aws-sdk/client-cloudformation';
import { sdkCredentials } from '../api/credentials.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { readChangeSet } from './change-set.ts';
import type { ChangeSet } from './change-set.ts';
import { deletedMeanwhile, rolledBack, stackError } from './stack-error.ts';

export interface Stack {
  /** CloudFormation's status, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The values of its parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Null keeps the previous value. */
export type StackParameters = Readonly<Record<string, string | null>>;

/** One CloudFormation stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference */
export interface StackClient {
  /** Null: the stack does not exist. */
  describe(signal: AbortSignal): Promise<Stack | null>;
  create(templateBody: string, signal: AbortSignal): Promise<void>;
  /** What the template would change; null: nothing. The stack itself stays as it is. */
  createChangeSet(
    wanted: { readonly templateUrl: string; readonly parameters: StackParameters },
    signal: AbortSignal,
  ): Promise<ChangeSet | null>;
  executeChangeSet(id: string, signal: AbortSignal): Promise<void>;
  deleteChangeSet(id: string, signal: AbortSignal): Promise<void>;
  /** Waits until the current operation ends. @throws DeployError with the reasons, if it failed */
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
/** Events carry the time of AWS's clock. */
const CLOCK_SKEW_MS = 60_000;

/** Imports the SDK's client, which only the setup commands need. */
export async function openStack({ name, region, credentials, wait, nowMs }: StackOptions): Promise<StackClient> {
  const sdk = await import('@aws-sdk/client-cloudformation');
  const client = new sdk.CloudFormationClient({ region, maxAttempts: 5, credentials: sdkCredentials(credentials) });
  const StackName = name;
  const orStackError = <T>(answer: Promise<T>) =>
    answer.catch((cause: unknown) => Promise.reject(stackError(name, cause)));
  const startedMs = nowMs();

  async function poll<T>(read: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const value = await read();
      if (value !== null) return value;
      await wait(pauseMs, signal);
    }
  }

  async function describe(signal: AbortSignal): Promise<Stack | null> {
    const answer = await client
      .send(new sdk.DescribeStacksCommand({ StackName }), { abortSignal: signal })
      .catch((cause: unknown) => {
        if (isMissing(cause)) return null;
        throw stackError(name, cause);
      });
    const [stack] = answer?.Stacks ?? [];
    return stack === undefined ? null : stackOf(stack);
  }

  async function failuresOf(signal: AbortSignal): Promise<readonly string[]> {
    const command = new sdk.DescribeStackEventsCommand({ StackName });
    const { StackEvents = [] } = await orStackError(client.send(command, { abortSignal: signal }));
    return StackEvents.filter(
      ({ ResourceStatus = '', Timestamp, ResourceStatusReason = '' }) =>
        ResourceStatus.endsWith('_FAILED') &&
        (Timestamp?.getTime() ?? 0) >= startedMs - CLOCK_SKEW_MS &&
        !/cancelled/i.test(ResourceStatusReason),
    )
      .toReversed()
      .map((event) => `${event.LogicalResourceId ?? ''}: ${event.ResourceStatusReason ?? event.ResourceStatus ?? ''}`);
  }

  return {
    describe,
    async create(TemplateBody, signal) {
      const command = new sdk.CreateStackCommand({ StackName, TemplateBody, OnFailure: 'DELETE' });
      await orStackError(client.send(command, { abortSignal: signal }));
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
      const { Id: id = '' } = await orStackError(client.send(command, { abortSignal: signal }));
      return poll(() => readChangeSet(client, { id, name }, signal), signal).then(({ changeSet }) => changeSet);
    },
    async executeChangeSet(ChangeSetName, signal) {
      await orStackError(client.send(new sdk.ExecuteChangeSetCommand({ ChangeSetName }), { abortSignal: signal }));
    },
    async deleteChangeSet(ChangeSetName, signal) {
      await orStackError(client.send(new sdk.DeleteChangeSetCommand({ ChangeSetName }), { abortSignal: signal }));
    },
    async waitUntilSettled(signal) {
      const stack = await poll(async () => {
        const current = await describe(signal);
        if (current === null) throw deletedMeanwhile(name);
        return current.status.endsWith('_IN_PROGRESS') ? null : current;
      }, signal);
      if (stack.status === 'CREATE_COMPLETE' || stack.status === 'UPDATE_COMPLETE') return stack;
      throw rolledBack(name, stack.status, await failuresOf(signal));
    },
    close: () => client.destroy(),
  };
}

function stackOf({ StackStatus, Outputs = [], Parameters = [] }: StackAnswer): Stack {
  const outputs = Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const);
  return {
    status: StackStatus ?? '',
    outputs: Object.fromEntries(outputs),
    parameters: Object.fromEntries(
      Parameters.map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
    ),
  };
}

/** Only the text says that a stack is missing: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
function isMissing(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'ValidationError' && cause.message.includes('does not exist');
}
