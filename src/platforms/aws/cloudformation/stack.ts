import type { Stack as StackAnswer } from '@aws-sdk/client-cloudformation';
import { sdkCredentials } from '../api/credentials.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { readChangeSet } from './change-set.ts';
import type { ChangeSet } from './change-set.ts';
import { deletedMeanwhile, notCreated, rolledBack, stackError } from './stack-error.ts';

export interface Stack {
  /** CloudFormation's status, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The values of its parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Null keeps the previous value. */
export type StackParameters = Readonly<Record<string, string | null>>;

/** CloudFormation gives them to all that it creates. None: those of before. */
type Tags = Readonly<Record<string, string>>;

/** One CloudFormation stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference */
export interface StackClient {
  /** Null: the stack does not exist. */
  describe(signal: AbortSignal): Promise<Stack | null>;
  create(wanted: { readonly templateBody: string; readonly tags: Tags }, signal: AbortSignal): Promise<void>;
  /** What the template would change; null: nothing. The stack itself stays as it is. */
  createChangeSet(
    wanted: { readonly templateUrl: string; readonly parameters: StackParameters; readonly tags: Tags },
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
  // A stack that failed to be created is deleted, and then only its id finds it and its events.
  let StackName = name;
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

  async function deleteChangeSet(ChangeSetName: string, signal: AbortSignal): Promise<void> {
    await orStackError(client.send(new sdk.DeleteChangeSetCommand({ ChangeSetName }), { abortSignal: signal }));
  }

  return {
    describe,
    async create({ templateBody: TemplateBody, tags }, signal) {
      const command = new sdk.CreateStackCommand({ StackName, TemplateBody, Tags: tagsOf(tags), OnFailure: 'DELETE' });
      const { StackId } = await orStackError(client.send(command, { abortSignal: signal }));
      StackName = StackId ?? name;
    },
    async createChangeSet({ templateUrl, parameters, tags }, signal) {
      const command = new sdk.CreateChangeSetCommand({
        StackName,
        ChangeSetName: `headgate-${nowMs()}`,
        ChangeSetType: 'UPDATE',
        TemplateURL: templateUrl,
        Tags: tagsOf(tags),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: Object.entries(parameters).map(([ParameterKey, value]) =>
          value === null ? { ParameterKey, UsePreviousValue: true } : { ParameterKey, ParameterValue: value },
        ),
      });
      const { Id: id = '' } = await orStackError(client.send(command, { abortSignal: signal }));
      const discard = () => deleteChangeSet(id, signal);
      const read = poll(() => readChangeSet(client, { id, name }, signal), signal);
      const { changeSet } = await read.catch((thrown: unknown) => discard().then(() => Promise.reject(thrown)));
      // CloudFormation keeps a change set without changes as a failed one.
      if (changeSet === null) await discard();
      return changeSet;
    },
    async executeChangeSet(ChangeSetName, signal) {
      await orStackError(client.send(new sdk.ExecuteChangeSetCommand({ ChangeSetName }), { abortSignal: signal }));
    },
    deleteChangeSet,
    async waitUntilSettled(signal) {
      const stack = await poll(async () => {
        const current = await describe(signal);
        if (current === null) throw deletedMeanwhile(name);
        return current.status.endsWith('_IN_PROGRESS') ? null : current;
      }, signal);
      if (stack.status === 'CREATE_COMPLETE' || stack.status === 'UPDATE_COMPLETE') return stack;
      const failures = await failuresOf(signal);
      throw stack.status.startsWith('DELETE_') ? notCreated(name, failures) : rolledBack(name, stack.status, failures);
    },
    close: () => client.destroy(),
  };
}

/** An empty list would remove the tags of before. */
function tagsOf(tags: Tags): { Key: string; Value: string }[] | undefined {
  const all = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return all.length === 0 ? undefined : all;
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
