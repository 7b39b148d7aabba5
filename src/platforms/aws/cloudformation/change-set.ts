import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { stackError, templateRejected } from './stack-error.ts';

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

/** Null while CloudFormation still computes it; `changeSet: null` when the template changes nothing. */
export async function readChangeSet(
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
      .catch((cause: unknown) => Promise.reject(stackError(name, cause)));
    const { Status = '', StatusReason = '' } = page;
    if (Status === 'FAILED') {
      // Only the text says that there is nothing to do: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
      if (/didn't contain changes|No updates are to be performed/.test(StatusReason)) return { changeSet: null };
      throw templateRejected(name, StatusReason);
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
