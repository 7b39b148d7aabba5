import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { checkedConfig } from '../../../infra/build.ts';
import type { Config } from '../../../src/config/checked/config.ts';
import { usesWork } from '../../../src/config/derived/uses-work.ts';
import { configFiles } from '../../../src/platforms/aws/lambda/config-files.ts';
import { startQueueServer } from '../aws/queue-server.ts';
import type { QueueServer } from '../aws/queue-server.ts';
import { REGION, startAws } from '../aws/aws.ts';
import type { AwsServer } from '../aws/aws.ts';
import { codecommitRights, startCodecommit } from '../aws/codecommit.ts';
import type { CodecommitServer } from '../aws/codecommit.ts';
import { startEksFront } from '../aws/eks-front.ts';
import type { EksFront } from '../aws/eks-front.ts';
import { makeQueue, sqsAt, startMapping } from '../aws/mapping.ts';
import type { MappedQueue } from '../aws/mapping.ts';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import { builtFunctions } from '../lambda/built-functions.ts';
import { lambdaFunction } from '../lambda/function.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import { startFunctionUrl } from '../lambda/function-url.ts';
import { getRuntimeClient } from '../lambda/runtime-client.ts';
import { makeLayer } from '../programs/tools.ts';
import { KEY, Testbed, SECRET, TOKEN } from './testbed.ts';
import type { LogLine } from './testbed.ts';

const FULL_NAME = 'acme/fleet';
const CLUSTER = 'prod-eks';
const ROLE = 'arn:aws:iam::111122223333:role/headgate/shop';
/** Only the sweep assumes it, and may only read with it. */
const READ_ROLE = `${ROLE}-read`;
const EXTERNAL_ID = 'planted-external-id';

type FunctionName = 'webhook' | 'deploy' | 'check' | 'sweep' | 'work';
type Queues = Readonly<Record<'deploy' | 'check' | 'work' | 'dead' | 'deadChecks' | 'deadWork', MappedQueue>>;
type Keys = Readonly<Record<string, unknown>>;

export interface AwsTestbedOptions {
  readonly maxReceiveCount?: number;
  readonly deployTimeoutMs?: number;
  readonly cluster?: ClusterAddress;
  /** Fields of its targets, as headgate.yml has them. Default: one at `apps`, and a template of `envs/*`. */
  readonly targets?: readonly Readonly<Record<string, unknown>>[];
  /** More clusters, `c-0` and so on, each with its own role. */
  readonly clusters?: number;
  /** The repository is on CodeCommit: no webhook is sent, and no token exists. */
  readonly isCodecommit?: boolean;
  /** It refuses refs that are neither branches nor tags. */
  readonly hasBranchesOnly?: boolean;
  /** Of one processor, for the sweep. Default: all that it can get. */
  readonly sweepShare?: number;
  /** More keys of its repository, and of headgate.yml beside its clusters, repositories and targets. NAMESPACE is replaced. */
  readonly repository?: Keys;
  readonly more?: Keys;
  /** A GitHub App, registered with the Git host, instead of a token. */
  readonly app?: { readonly app: string; readonly installation: string; readonly privateKey: string };
}

/** The packaged functions between a Git host and the real cluster, with every AWS service that they use. */
export class AwsTestbed {
  readonly testbed: Testbed;
  readonly aws: AwsServer;
  readonly front: EksFront;
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly queues: Queues;
  readonly sqs: SQSClient;
  readonly codecommit: CodecommitServer | null;
  readonly #closers: (() => Promise<unknown>)[];

  private constructor(
    parts: Pick<AwsTestbed, 'testbed' | 'aws' | 'front' | 'functions' | 'queues' | 'sqs' | 'codecommit'>,
    closers: (() => Promise<unknown>)[],
  ) {
    ({ testbed: this.testbed, aws: this.aws, front: this.front } = parts);
    ({ functions: this.functions, queues: this.queues, sqs: this.sqs, codecommit: this.codecommit } = parts);
    this.#closers = closers;
  }

  static async build({
    maxReceiveCount = 20,
    deployTimeoutMs = 60_000,
    app,
    cluster,
    targets,
    clusters = 0,
    sweepShare,
    isCodecommit = false,
    hasBranchesOnly = false,
    repository = {},
    more = {},
  }: AwsTestbedOptions = {}): Promise<AwsTestbed> {
    const credentials = app === undefined ? null : { ...app, privateKey: 'secretsmanager:app' };
    const testbed = await Testbed.build({
      ...(credentials === null ? {} : { app: credentials }),
      ...(cluster === undefined ? {} : { cluster }),
    });
    const aws = await startAws();
    const certificates = join(testbed.directory, 'certificates');
    await mkdir(certificates);
    const front = await startEksFront({ cluster: testbed.cluster, name: CLUSTER, aws, directory: certificates });
    const queueServer = await startQueueServer();
    const sqs = sqsAt(queueServer.endpoint, REGION);
    const queues = await makeQueues(sqs, maxReceiveCount);
    settle(aws, front);
    for (const { name, role } of moreClusters(clusters)) addCluster(name, role, { aws, front });
    if (app !== undefined) aws.secrets.set('app', app.privateKey);
    const git = { root: join(testbed.directory, 'git'), directory: `${FULL_NAME}.git`, hasBranchesOnly };
    const codecommit = isCodecommit ? await startCodecommit(git, aws) : null;
    await writeFile(
      join(testbed.directory, 'headgate.yml'),
      configOf(
        testbed,
        {
          repository:
            codecommit !== null
              ? { host: 'codecommit', url: codecommit.url, credentials: 'iam', ...repository }
              : { ...onGitHub(testbed), credentials: credentials ?? 'secretsmanager:fleet#token', ...repository },
          more,
          clusters,
        },
        targets,
      ),
    );
    const built = await builtFunctions();
    const config = await checkedConfig(join(testbed.directory, 'headgate.yml'));

    const runtimeClient = await getRuntimeClient();
    const layer = await makeLayer();
    const configOnly = join(testbed.directory, 'layer');
    await writeLayer(config, [layer, configOnly]);
    const start = (name: FunctionName, timeoutMs: number) =>
      lambdaFunction({
        name,
        handler: `${name}.handler`,
        taskRoot: join(built, name),
        env: environmentFor(name, { aws, queueServer, queues, hasWork: usesWork(config) }),
        timeoutMs,
        memoryMb: 512,
        // As serverless.yml has it: only these functions render.
        layer: name === 'deploy' || name === 'work' ? layer : configOnly,
        ...(name === 'sweep' ? { cpuShare: sweepShare } : {}),
        runtimeClient,
        onLine: (line) => testbed.log.push(readLine(line)),
      });
    const functions = {
      webhook: start('webhook', 10_000),
      deploy: start('deploy', deployTimeoutMs),
      check: start('check', 60_000),
      sweep: start('sweep', 300_000),
      work: start('work', 60_000),
    };
    if (codecommit !== null) {
      Object.assign(codecommit.rights, codecommitRights(config));
      codecommit.onPush = (event) => functions.webhook.call(event);
    }
    const functionUrl = await startFunctionUrl(functions.webhook);
    const events = ['push', 'pull_request', 'issue_comment', 'status'];
    if (codecommit === null)
      testbed.host.setWebhook(FULL_NAME, { url: `${functionUrl.url}/webhooks/fleet`, secret: SECRET, events });
    // The sweep empties the dead-letter queues.
    const mappings = (['deploy', 'check', 'work'] as const).map((name) =>
      startMapping(sqs, queues[name], (event) => functions[name].call(event)),
    );
    return new AwsTestbed({ testbed, aws, front, functions, queues, sqs, codecommit }, [
      async () => codecommit?.server.close(),
      () => functionUrl.close(),
      () => Promise.all(mappings.map((mapping) => mapping.stop())),
      () => Promise.all(Object.values(functions).map((each) => each.stop())),
      () => front.close(),
      () => aws.close(),
      () => queueServer.close(),
      () => rm(layer, { recursive: true }),
      () => testbed.tearDown(),
    ]);
  }

  get webhookUrl(): string {
    return this.testbed.host.webhooksOf(FULL_NAME)[0]?.url ?? '';
  }

  setSecret(secret: string): void {
    this.testbed.host.setWebhook(FULL_NAME, { url: this.webhookUrl, secret });
  }

  async send(body: string, group: string): Promise<void> {
    const command = { QueueUrl: this.queues.deploy.url, MessageBody: body, MessageGroupId: group };
    await this.sqs.send(new SendMessageCommand({ ...command, MessageDeduplicationId: `${group}-${Date.now()}` }));
  }

  /** Those that wait, and those that are hidden. */
  async messagesIn(queue: keyof Queues): Promise<number> {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.queues[queue].url, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages = '0', ApproximateNumberOfMessagesNotVisible = '0' } = Attributes ?? {};
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }

  async tearDown(): Promise<void> {
    for (const close of this.#closers) await close();
    this.sqs.destroy();
  }
}

/** Lambda unpacks the layers of a function into one directory. */
async function writeLayer(config: Config, layers: readonly string[]): Promise<void> {
  for (const layer of layers) {
    for (const [file, content] of await configFiles(config)) {
      await mkdir(dirname(join(layer, file)), { recursive: true });
      await writeFile(join(layer, file), content);
    }
  }
}

async function makeQueues(sqs: SQSClient, maxReceiveCount: number): Promise<Queues> {
  const dead = await makeQueue(sqs, 'headgate-dead.fifo');
  const deadChecks = await makeQueue(sqs, 'headgate-dead-checks');
  const redrive = (to: MappedQueue, count: number) =>
    JSON.stringify({ deadLetterTargetArn: to.arn, maxReceiveCount: count });
  // Lambda requires a timeout this long; the functions shorten it per message.
  const VisibilityTimeout = '360';
  const deploy = await makeQueue(sqs, 'headgate-deploy.fifo', {
    VisibilityTimeout,
    RedrivePolicy: redrive(dead, maxReceiveCount),
  });
  const check = await makeQueue(sqs, 'headgate-check', {
    VisibilityTimeout,
    RedrivePolicy: redrive(deadChecks, 1000),
  });
  const deadWork = await makeQueue(sqs, 'headgate-dead-work.fifo');
  const work = await makeQueue(sqs, 'headgate-work.fifo', { VisibilityTimeout, RedrivePolicy: redrive(deadWork, 100) });
  return { deploy, check, work, dead, deadChecks, deadWork };
}

function settle(aws: AwsServer, front: EksFront): void {
  aws.roles.set(ROLE, { trusts: 'arn:aws:sts::999988887777:assumed-role/headgate-', externalId: EXTERNAL_ID });
  aws.roles.set(READ_ROLE, {
    trusts: 'arn:aws:sts::999988887777:assumed-role/headgate-sweep/',
    externalId: EXTERNAL_ID,
  });
  front.readers = '/shop-read/';
  aws.clusters.set(CLUSTER, { endpoint: front.url, ca: front.ca });
  aws.parameters.set('/headgate/webhook', SECRET);
  aws.secrets.set('fleet', JSON.stringify({ token: TOKEN, write: TOKEN, key: KEY }));
}

function moreClusters(count: number) {
  return Array.from({ length: count }, (_none, n) => ({ name: `c-${n}`, role: `${ROLE}-${n}` }));
}

/** The same API server at another address. */
function addCluster(name: string, role: string, { aws, front }: { aws: AwsServer; front: EksFront }): void {
  aws.roles.set(role, { trusts: 'arn:aws:sts::999988887777:assumed-role/headgate-', externalId: EXTERNAL_ID });
  aws.clusters.set(name, { endpoint: `${front.url}/clusters/${name}`, ca: front.ca });
}

const onGitHub = ({ host }: Testbed) => ({
  host: 'github',
  url: host.cloneUrl(FULL_NAME),
  api: host.apiUrl,
  webhookSecret: 'ssm:/headgate/webhook',
});

function configOf(
  { namespace }: Testbed,
  { repository, more, clusters }: { readonly repository: Keys; readonly more: Keys; readonly clusters: number },
  targets: AwsTestbedOptions['targets'] = [{ name: namespace, path: 'apps' }, templateOf(namespace)],
): string {
  const place = { repository: 'fleet', branch: 'main', cluster: 'prod', namespace };
  return JSON.stringify({
    clusters: {
      prod: { eks: { name: CLUSTER, region: REGION, role: ROLE, readRole: READ_ROLE, externalId: EXTERNAL_ID } },
      ...Object.fromEntries(
        moreClusters(clusters).map(({ name, role }) => [
          name,
          { eks: { name, region: REGION, role, externalId: EXTERNAL_ID } },
        ]),
      ),
    },
    repositories: {
      fleet: repository,
    },
    ...more,
    targets: targets.map((target) => ({ name: namespace, ...place, ...target })),
  }).replaceAll('NAMESPACE', namespace);
}

function templateOf(namespace: string) {
  const forEach = { directories: 'envs/*', clusters: ['prod'], namespaces: [namespace] };
  return { name: `{{basename}}-${namespace}`, forEach };
}

/** The environment of Lambda and of serverless.yml, and the addresses of this test's services. */
function environmentFor(
  name: FunctionName,
  { aws, queueServer, queues, hasWork }: { aws: AwsServer; queueServer: QueueServer; queues: Queues; hasWork: boolean },
): Record<string, string> {
  const keys = aws.addUser(`arn:aws:sts::999988887777:assumed-role/headgate-${name}/fn`);
  const own: Record<FunctionName, Record<string, string>> = {
    webhook: {},
    deploy: { HEADGATE_CHECK_QUEUE_URL: queues.check.url },
    check: { HEADGATE_CHECK_QUEUE_URL: queues.check.url },
    work: { HEADGATE_CHECK_QUEUE_URL: queues.check.url },
    sweep: {
      HEADGATE_DEPLOY_DEAD_QUEUE_URL: queues.dead.url,
      HEADGATE_CHECK_DEAD_QUEUE_URL: queues.deadChecks.url,
    },
  };
  return {
    ...aws.env,
    AWS_ENDPOINT_URL_SQS: queueServer.endpoint,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    HEADGATE_DEPLOY_QUEUE_URL: queues.deploy.url,
    ...(hasWork ? { HEADGATE_WORK_QUEUE_URL: queues.work.url } : {}),
    ...own[name],
  };
}

/** The runtime client writes lines too, which are not JSON. */
function readLine(line: string): LogLine {
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read === 'object' && read !== null && 'message' in read) return read as LogLine;
  } catch {
    // Not JSON: returned as it is, below.
  }
  return { message: 'stdout', line };
}
