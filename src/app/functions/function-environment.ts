import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentCredentials } from '../../platforms/aws/api/credentials.ts';
import { endpointOf } from '../../platforms/aws/api/endpoint.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { awsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import { signedQueue } from '../../platforms/aws/sqs/signed-queue.ts';
import type { SignedQueue } from '../../platforms/aws/sqs/signed-queue.ts';
import type { Config } from '../../config/checked/config.ts';
import { unpackConfig } from '../../config/derived/packed.ts';
import type { PackedConfig } from '../../config/derived/packed.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { jsonLog } from '../json-log.ts';
import type { LogOutput } from '../json-log.ts';
import type { SecretSources } from '../secrets.ts';
import { wait } from '../wait.ts';
import type { Log } from '../../deploy/ports/log.ts';

/** What every function has: its packed configuration, its role, a log. Created once per environment, outside the handler. */
export interface FunctionEnvironment {
  readonly config: Config;
  readonly log: Log;
  readonly aws: Aws;
  readonly region: string;
  readonly credentials: ReturnType<typeof environmentCredentials>;
  readonly secrets: SecretSources;
  readonly nowMs: () => number;
  /** @throws DeployError `config-invalid` when it is not set */
  readonly variable: (name: string) => string;
  /** The queue whose URL is in this variable. */
  readonly queueAt: (variable: string) => SignedQueue;
  /** The stack has the work queue, because headgate.yml uses something that is done there. */
  readonly hasWork: boolean;
  /** The queue that a batch came from. */
  readonly queueOf: (arn: string) => SignedQueue;
}

/** The variable with the URL of the work queue. */
export const WORK_QUEUE = 'HEADGATE_WORK_QUEUE_URL';

export interface FunctionOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly randomId: () => string;
  /** What CloudWatch reads of a line besides its text. Default: nothing, for the function that has to start fastest. */
  readonly fieldsOf?: NonNullable<LogOutput['fieldsOf']>;
}

export function functionEnvironment({ env, randomId, fieldsOf = () => ({}) }: FunctionOptions): FunctionEnvironment {
  const nowMs = () => Date.now();
  const region = variable(env, 'AWS_REGION');
  const credentials = environmentCredentials(env);
  const aws = openAws({ credentials, env, nowMs, wait });
  const readFile = () => Promise.reject(new Error('functions read no files'));
  return {
    config: readPackedConfig(),
    log: jsonLog({ write: (text) => process.stdout.write(text), nowMs, fieldsOf }),
    aws,
    region,
    credentials,
    secrets: { env, readFile, aws: awsSecrets({ aws, region: () => Promise.resolve(region), nowMs }) },
    nowMs,
    variable: (name) => variable(env, name),
    hasWork: (env[WORK_QUEUE] ?? '') !== '',
    queueAt: (name) => signedQueue({ aws, region, queueUrl: variable(env, name), randomId, wait }),
    queueOf: (arn) => signedQueue({ aws, region, queueUrl: queueUrlOf(arn, env), randomId, wait }),
  };
}

/** Where Lambda unpacks layers. The configuration is a separate one (src/platforms/aws/lambda/config-layer.ts): the code does not change with it. */
const LAYERS = '/opt';

/** The packed configuration names certificate authorities relative to itself. */
function readPackedConfig(): Config {
  const packed: PackedConfig = JSON.parse(readFileSync(join(LAYERS, 'headgate.json'), 'utf8'));
  const repositories = packed.repositories.map((repository) => ({
    ...repository,
    caFile: repository.caFile === null ? null : join(LAYERS, repository.caFile),
  }));
  return unpackConfig({ ...packed, repositories });
}

/** `arn:aws:sqs:eu-west-1:111122223333:headgate-deploy.fifo` */
function queueUrlOf(arn: string, env: NodeJS.ProcessEnv): string {
  const [, , , region = '', account = '', name = ''] = arn.split(':');
  return new URL(`/${account}/${name}`, endpointOf('sqs', region, env)).href;
}

function variable(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name] ?? '';
  if (value !== '') return value;
  throw new DeployError('config-invalid', {
    subject: name,
    message: 'the environment variable is not set',
    remedy: 'Deploy the functions with serverless.yml, which sets it.',
  });
}
