import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { applyTemplate, refusedReservation } from './shown-stack.ts';
import type { ShownStack } from './shown-stack.ts';

/** One parsed request. */
export interface StackRequest {
  readonly service: string;
  readonly action: string;
  readonly content: Readonly<Record<string, string>>;
}

/**
 * The services that the set-up commands use, on one address: CloudFormation, S3, Systems Manager, Secrets Manager, Lambda and
 * STS. No role trusts the operator, as in a new account.
 * The stack and everything else is in one region; every other region is empty.
 */
export interface StackApi {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly requests: StackRequest[];
  readonly objects: Map<string, Buffer>;
  readonly parameters: Map<string, string>;
  readonly secrets: Map<string, string>;
  /** The KMS keys of parameters and secrets, by their names. */
  readonly kmsKeys: Map<string, string>;
  /** Executes the next request with this action, and closes the connection instead of answering. */
  lostAnswer: string | null;
  stack: ShownStack | null;
  /** Where the function URL of the stack leads. */
  webhookUrl: string;
  /** What each function returns; others do not exist. */
  readonly functions: Map<string, (event: unknown) => Promise<unknown>>;
  /** Of the account, as Lambda counts it. */
  concurrency: { limit: number; unreserved: number };
  /** The files of a home directory whose only AWS settings are a profile, with this region. */
  profile(region: string | null): Readonly<Record<string, string>>;
  /** The reason why the next change of the stack fails and is rolled back. */
  failure: string | null;
  close(): Promise<void>;
}

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const STACK_ID = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/headgate-prod/51af3dc0`;
export const BUCKET = 'headgate-prod-serverlessdeploymentbucket-abc';

interface ChangeSet {
  readonly id: string;
  readonly next: ShownStack;
  readonly changes: readonly { readonly action: string; readonly name: string; readonly type: string }[];
}

export async function startStackApi(): Promise<StackApi> {
  const changeSets = new Map<string, ChangeSet>();
  let events: readonly { name: string; status: string; reason: string }[] = [];

  function settle(next: ShownStack): void {
    api.failure ??= refusedReservation(next, api.concurrency.unreserved);
    if (api.failure === null) {
      api.stack = next;
      return;
    }
    const isNew = api.stack === null;
    const name = isNew ? 'ServerlessDeploymentBucket' : 'WebhookLambdaFunction';
    events = [{ name, status: isNew ? 'CREATE_FAILED' : 'UPDATE_FAILED', reason: api.failure }];
    // With OnFailure: DELETE.
    api.stack = { ...(api.stack ?? next), status: isNew ? 'DELETE_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE' };
    api.failure = null;
  }

  const cloudFormation: Readonly<Record<string, (form: Form, region: string) => string>> = {
    DescribeStacks({ StackName }, region) {
      const isDeleted = api.stack?.status === 'DELETE_COMPLETE' && StackName !== STACK_ID;
      if (api.stack === null || isDeleted || region !== REGION)
        throw new Refusal('ValidationError', 'Stack with id headgate-prod does not exist');
      const { stack } = api;
      // An operation in progress has finished by the next request.
      api.stack = { ...stack, status: stack.status.replace('_IN_PROGRESS', '_COMPLETE') };
      return `<Stacks><member>${stackXml(stack)}</member></Stacks>`;
    },
    CreateStack(form) {
      const { resources } = applied(form['TemplateBody'] ?? '', {}, {});
      settle({
        status: 'CREATE_IN_PROGRESS',
        parameters: {},
        tags: tagsOf(form, {}),
        outputs: outputsOf(resources, api.webhookUrl),
        resources,
      });
      return `<StackId>${STACK_ID}</StackId>`;
    },
    CreateChangeSet(form) {
      const key = new URL(form['TemplateURL'] ?? '').pathname.slice(1);
      const template = api.objects.get(key)?.toString();
      if (template === undefined) throw new Refusal('ValidationError', `object ${key} does not exist`);
      if (form['Capabilities.member.1'] !== 'CAPABILITY_NAMED_IAM') {
        throw new Refusal('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_NAMED_IAM]');
      }
      const { resources, parameters } = applied(template, form, api.stack?.parameters ?? {});
      const next = {
        status: 'UPDATE_IN_PROGRESS',
        parameters,
        tags: tagsOf(form, api.stack?.tags ?? {}),
        outputs: outputsOf(resources, api.webhookUrl),
        resources,
      };
      const id = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:changeSet/${form['ChangeSetName'] ?? ''}`;
      changeSets.set(id, { id, next, changes: changesOf(api.stack?.resources ?? {}, resources) });
      return `<Id>${id}</Id>`;
    },
    DescribeChangeSet(form) {
      const { id, changes } = changeSetOf(form);
      if (changes.length === 0) {
        const reason = "The submitted information didn't contain changes. Submit different information.";
        return `<Status>FAILED</Status><StatusReason>${reason}</StatusReason>`;
      }
      const members = changes.map(
        ({ action, name, type }) =>
          `<member><Type>Resource</Type><ResourceChange><Action>${action}</Action><LogicalResourceId>${name}</LogicalResourceId><ResourceType>${type}</ResourceType></ResourceChange></member>`,
      );
      return `<ChangeSetId>${id}</ChangeSetId><Status>CREATE_COMPLETE</Status><Changes>${members.join('')}</Changes>`;
    },
    ExecuteChangeSet(form) {
      const { id, next } = changeSetOf(form);
      changeSets.delete(id);
      settle(next);
      return '';
    },
    DeleteChangeSet(form) {
      changeSets.delete(changeSetOf(form).id);
      return '';
    },
    DescribeStackEvents() {
      const members = events.map(
        ({ name, status, reason }) =>
          `<member><EventId>1</EventId><StackId>s</StackId><StackName>headgate-prod</StackName><Timestamp>${new Date().toISOString()}</Timestamp><LogicalResourceId>${name}</LogicalResourceId><ResourceStatus>${status}</ResourceStatus><ResourceStatusReason>${reason}</ResourceStatusReason></member>`,
      );
      return `<StackEvents>${members.join('')}</StackEvents>`;
    },
  };

  function changeSetOf(form: Form): ChangeSet {
    const found = changeSets.get(form['ChangeSetName'] ?? '');
    if (found === undefined) throw new Refusal('ChangeSetNotFound', `${form['ChangeSetName']} does not exist`);
    return found;
  }

  function query(service: string, form: Form, region: string): string {
    const action = form['Action'] ?? '';
    if (service === 'sts' && action === 'AssumeRole') {
      const message = `User: arn:aws:iam::${ACCOUNT}:user/admin is not authorized to perform: sts:AssumeRole on resource: ${form['RoleArn']}`;
      throw new Refusal('AccessDenied', message);
    }
    if (service === 'sts') {
      const result = `<Arn>arn:aws:iam::${ACCOUNT}:user/admin</Arn><UserId>A</UserId><Account>${ACCOUNT}</Account>`;
      return `<GetCallerIdentityResponse><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
    }
    const answer = cloudFormation[action];
    if (answer === undefined) throw new Refusal('InvalidAction', `unknown action ${action}`);
    return `<${action}Response><${action}Result>${answer(form, region)}</${action}Result></${action}Response>`;
  }

  function json(target: string, content: Form): { status: number; body: string } {
    const refused = (type: string) => ({ status: 400, body: JSON.stringify({ __type: type }) });
    const answered = (body: object) => ({ status: 200, body: JSON.stringify(body) });
    switch (target) {
      case 'AmazonSSM.GetParameter': {
        const value = api.parameters.get(content['Name'] ?? '');
        return value === undefined ? refused('ParameterNotFound') : answered({ Parameter: { Value: value } });
      }
      case 'AmazonSSM.PutParameter':
        if (api.parameters.has(content['Name'] ?? '') && !content['Overwrite'])
          return refused('ParameterAlreadyExists');
        api.parameters.set(content['Name'] ?? '', content['Value'] ?? '');
        api.kmsKeys.set(content['Name'] ?? '', content['KeyId'] ?? 'alias/aws/ssm');
        return answered({ Version: 1 });
      case 'AmazonSSM.DescribeParameters': {
        const [name = ''] = (content['ParameterFilters'] as unknown as { Values: string[] }[])[0]?.Values ?? [];
        const found = { Name: name, Type: 'SecureString', KeyId: api.kmsKeys.get(name) ?? 'alias/aws/ssm' };
        return answered({ Parameters: api.parameters.has(name) ? [found] : [] });
      }
      case 'secretsmanager.GetSecretValue': {
        const value = api.secrets.get(content['SecretId'] ?? '');
        return value === undefined ? refused('ResourceNotFoundException') : answered({ SecretString: value });
      }
      case 'secretsmanager.CreateSecret':
        if (api.secrets.has(content['Name'] ?? '')) return refused('ResourceExistsException');
        api.secrets.set(content['Name'] ?? '', content['SecretString'] ?? '');
        api.kmsKeys.set(content['Name'] ?? '', content['KmsKeyId'] ?? '');
        return answered({ Name: content['Name'] });
      case 'secretsmanager.UpdateSecret':
        if (!api.secrets.has(content['SecretId'] ?? '')) return refused('ResourceNotFoundException');
        api.secrets.set(content['SecretId'] ?? '', content['SecretString'] ?? '');
        return answered({ Name: content['SecretId'] });
      case 'secretsmanager.DescribeSecret': {
        const name = content['SecretId'] ?? '';
        return api.secrets.has(name) ? answered({ Name: name }) : refused('ResourceNotFoundException');
      }
      default:
        return refused('UnknownOperationException');
    }
  }

  function s3({ method = '', url = '' }: IncomingMessage, body: Buffer): number {
    const [, bucket = '', key = ''] = /^\/([^/]+)\/([^?]+)/.exec(url) ?? [];
    if (bucket !== BUCKET) return 404;
    if (method === 'PUT') api.objects.set(decodeURIComponent(key), body);
    return method === 'HEAD' && !api.objects.has(decodeURIComponent(key)) ? 404 : 200;
  }

  async function lambda(
    url: string,
    { body, region }: { body: Buffer; region: string },
    response: ServerResponse,
  ): Promise<void> {
    const name = /\/functions\/([\w-]+)\/invocations$/.exec(url)?.[1] ?? '';
    api.requests.push({ service: 'lambda', action: name === '' ? 'GetAccountSettings' : 'Invoke', content: { name } });
    response.setHeader('content-type', 'application/json');
    if (url === '/2016-08-19/account-settings/') {
      const { limit, unreserved } = api.concurrency;
      const AccountLimit = { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved };
      return void response.end(JSON.stringify({ AccountLimit }));
    }
    const called = region === REGION ? api.functions.get(name) : undefined;
    if (called === undefined) {
      return void response.writeHead(404).end(JSON.stringify({ Message: `Function not found: ${name}` }));
    }
    const returned = await called(JSON.parse(body.toString())).catch((thrown: unknown) => ({
      errorType: 'Error',
      errorMessage: thrown instanceof Error ? thrown.message : String(thrown),
    }));
    response.end(JSON.stringify(returned));
  }

  function take(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const [, region, service = ''] =
      /Credential=AKIATEST\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? '') ?? [];
    if (region === undefined) return void response.writeHead(403).end();
    const target = request.headers['x-amz-target'];
    if (service === 'lambda') return void lambda(request.url ?? '', { body, region }, response);
    if (service === 's3') {
      const key = (request.url ?? '').split('?')[0] ?? '';
      api.requests.push({ service, action: `${request.method} ${key.slice(BUCKET.length + 2)}`, content: {} });
      return void response.writeHead(s3(request, body)).end();
    }
    if (typeof target === 'string') {
      const content = JSON.parse(body.toString()) as Form;
      api.requests.push({ service, action: target.slice(target.indexOf('.') + 1), content });
      const answer =
        region === REGION ? json(target, content) : { status: 400, body: '{"__type":"ParameterNotFound"}' };
      if (target.endsWith(`.${api.lostAnswer}`)) {
        api.lostAnswer = null;
        return void response.destroy();
      }
      return void response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(answer.body);
    }
    const form = Object.fromEntries(new URLSearchParams(body.toString()));
    api.requests.push({ service, action: form['Action'] ?? '', content: form });
    try {
      const answer = query(service, form, region);
      response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const error = `<Error><Type>Sender</Type><Code>${thrown.code}</Code><Message>${thrown.message}</Message></Error>`;
      response.writeHead(400, { 'content-type': 'text/xml' }).end(`<ErrorResponse>${error}</ErrorResponse>`);
    }
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => take(request, Buffer.concat(parts), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api: StackApi = {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'planted-aws-secret-key',
    },
    requests: [],
    objects: new Map(),
    parameters: new Map(),
    secrets: new Map(),
    kmsKeys: new Map(),
    lostAnswer: null,
    stack: null,
    webhookUrl: 'https://abc.lambda-url.eu-west-1.on.aws/',
    functions: new Map(),
    concurrency: { limit: 1000, unreserved: 1000 },
    profile: (region) => ({
      config: `[profile admin]\n${region === null ? '' : `region = ${region}\n`}`,
      credentials: '[admin]\naws_access_key_id = AKIATEST\naws_secret_access_key = planted-aws-secret-key\n',
    }),
    failure: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
}

type Form = Readonly<Record<string, string>>;

class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function outputsOf(resources: ShownStack['resources'], webhookUrl: string): Readonly<Record<string, string>> {
  const hasUrl = 'WebhookLambdaFunctionUrl' in resources || 'WebhookApi' in resources;
  return {
    ServerlessDeploymentBucketName: BUCKET,
    ...(hasUrl ? { WebhookLambdaFunctionUrl: webhookUrl } : {}),
    ...('DeployRole' in resources
      ? { DeployRoleArn: `arn:aws:iam::${ACCOUNT}:role/headgate-prod-deploy-${REGION}` }
      : {}),
    ...('CheckRole' in resources ? { CheckRoleArn: `arn:aws:iam::${ACCOUNT}:role/headgate-prod-check-${REGION}` } : {}),
    ...('WorkRole' in resources ? { WorkRoleArn: `arn:aws:iam::${ACCOUNT}:role/headgate-prod-work-${REGION}` } : {}),
    ...('SweepRole' in resources ? { SweepRoleArn: `arn:aws:iam::${ACCOUNT}:role/headgate-prod-sweep-${REGION}` } : {}),
  };
}

function changesOf(before: ShownStack['resources'], after: ShownStack['resources']): ChangeSet['changes'] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [old, wanted] = [before[name], after[name]];
    const type = (wanted ?? old)?.type ?? '';
    if (old?.text === wanted?.text) return [];
    return [{ action: old === undefined ? 'Add' : wanted === undefined ? 'Remove' : 'Modify', name, type }];
  });
}

/** Null: the previous value. */
function givenIn(
  form: Form,
  list: string,
  [key, value]: readonly [string, string],
): ReadonlyMap<string, string | null> {
  const given = new Map<string, string | null>();
  for (let at = 1; ; at += 1) {
    const name = form[`${list}.member.${at}.${key}`];
    if (name === undefined) return given;
    given.set(name, form[`${list}.member.${at}.${value}`] ?? null);
  }
}

function applied(template: string, form: Form, before: Readonly<Record<string, string>>) {
  try {
    return applyTemplate(template, givenIn(form, 'Parameters', ['ParameterKey', 'ParameterValue']), before);
  } catch (thrown) {
    throw new Refusal('ValidationError', thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** CloudFormation keeps the tags of a stack unless others are given. */
function tagsOf(form: Form, before: ShownStack['tags']): ShownStack['tags'] {
  const given = givenIn(form, 'Tags', ['Key', 'Value']);
  return given.size === 0 ? before : Object.fromEntries([...given].map(([name, value]) => [name, value ?? '']));
}

function stackXml({ status, outputs, parameters }: ShownStack): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const given = Object.entries(parameters).map(
    ([key, value]) => `<member><ParameterKey>${key}</ParameterKey><ParameterValue>${value}</ParameterValue></member>`,
  );
  const what = `<StackName>headgate-prod</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>`;
  return `${what}<StackStatus>${status}</StackStatus><Outputs>${members.join('')}</Outputs><Parameters>${given.join('')}</Parameters>`;
}
