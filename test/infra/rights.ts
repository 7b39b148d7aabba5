import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT, REGION, resolve } from './intrinsics.ts';
import type { Parameters } from './intrinsics.ts';
import type { Template } from './packaged.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

/** Every policy of a role, inline or attached, with real ARNs. */
export function policiesOf(template: Template, role: string, parameters: Parameters = {}): readonly PolicyDocument[] {
  const own = template.Resources[role]?.Properties?.['Policies'] as readonly { PolicyDocument: PolicyDocument }[];
  const attached = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      (Type === 'AWS::IAM::RolePolicy' && isRef(Properties?.['RoleName'], role)) ||
      (Type === 'AWS::IAM::ManagedPolicy' &&
        ((Properties?.['Roles'] ?? []) as unknown[]).some((each) => isRef(each, role))),
  );
  const documents = [
    ...own.map(({ PolicyDocument }) => PolicyDocument),
    ...attached.map(({ Properties }) => Properties?.['PolicyDocument']),
  ];
  return documents.map((document) => withArns(resolve(document, parameters)) as PolicyDocument);
}

const isRef = (value: unknown, name: string) => (value as { Ref?: string } | undefined)?.Ref === name;

const QUEUES: Readonly<Record<string, string>> = {
  DeployQueue: 'headgate-prod-deploy.fifo',
  DeployDeadLetters: 'headgate-prod-deploy-dead.fifo',
  CheckQueue: 'headgate-prod-check',
  CheckDeadLetters: 'headgate-prod-check-dead',
  WorkQueue: 'headgate-prod-work.fifo',
  WorkDeadLetters: 'headgate-prod-work-dead.fifo',
};

export const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${QUEUES[name] ?? name}`;

export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

function withArns(document: unknown): unknown {
  const text = JSON.stringify(document).replaceAll(/arn:of:(\w+)/g, (_, name: string) =>
    name.endsWith('Role') ? roleArn(name) : queueArn(name),
  );
  return JSON.parse(text) as unknown;
}

/** `action resource`, one line for each permission of a role. */
export function granted(policies: readonly PolicyDocument[]): readonly string[] {
  return policies
    .flatMap(({ Statement }) => Statement)
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)),
    )
    .toSorted();
}

/** Whether a queue's policy lets a principal send, which its own policies allow. */
export async function maySend(policy: unknown, principal: string, queue: string): Promise<boolean> {
  const resource = queueArn(queue);
  const answer = await runSimulation(
    {
      request: {
        principal,
        action: 'sqs:SendMessage',
        resource: { resource, accountId: ACCOUNT },
        contextVariables: {
          'aws:SecureTransport': 'true',
          'aws:PrincipalIsAWSService': 'false',
          'aws:PrincipalArn': principal,
        },
      },
      identityPolicies: [
        {
          name: 'admin',
          policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
        },
      ],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: withArns(resolve(policy)),
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer));
  return answer.overallResult === 'Allowed';
}

/** Whether IAM would allow the action. */
export async function may(
  policies: readonly PolicyDocument[],
  action: string,
  on: string | { readonly resource: string; readonly context: Readonly<Record<string, string>> },
): Promise<boolean> {
  const { resource, context } = typeof on === 'string' ? { resource: on, context: {} } : on;
  const account = /^arn:aws:\w+:[\w-]*:(\d{12}):/.exec(resource)?.[1] ?? ACCOUNT;
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:role/the-function`,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      identityPolicies: policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(/^(?:sts|kms):/.test(action) ? { resourcePolicy: leftToTheAccount(action) } : {}),
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(`${action} ${resource}: ${JSON.stringify(answer)}`);
  return answer.overallResult === 'Allowed';
}

/** The policy of a role or key that leaves the decision to the account, so that only the function's own policies count. */
function leftToTheAccount(action: string) {
  const statement = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: action };
  const resource = action.startsWith('kms:') ? { Resource: '*' } : {};
  return { Version: '2012-10-17', Statement: [{ ...statement, ...resource }] };
}
