/**
 * What the stack costs: list prices of us-east-1 in USD for a month of 30 days, without the free tier. docs/aws.md shows
 * what this module computes, and test/infra/price.test.ts fails when the page says something else.
 */

/** How much is deployed, and what it takes. */
export interface Load {
  readonly pushesADay: number;
  readonly targetsPerPush: number;
  /** How long the objects of one target take to become ready. */
  readonly rolloutSeconds: number;
  readonly seconds: Seconds;
  /** 0: the functions are in no VPC. */
  readonly vpcZones: number;
}

/** Of one invocation. */
export interface Seconds {
  readonly webhook: number;
  readonly deploy: number;
  /** One look at a rollout. */
  readonly look: number;
  /** Every minute, without drift. */
  readonly sweep: number;
  /** Every ten minutes: what the detection of drift adds. */
  readonly drift: number;
}

/**
 * Measured on the emulated AWS with each function's share of a processor (docs/benchmarks.md), and rounded up; Git hosts
 * and clusters that answer more slowly make functions take longer.
 */
export const SECONDS: Readonly<Record<'one cluster' | 'a hundred clusters', Seconds>> = {
  'one cluster': { webhook: 0.06, deploy: 0.6, look: 0.3, sweep: 0.2, drift: 0.3 },
  'a hundred clusters': { webhook: 0.06, deploy: 0.6, look: 0.3, sweep: 0.6, drift: 3 },
};

export interface Price {
  readonly functions: number;
  readonly queues: number;
  readonly alarms: number;
  readonly metrics: number;
  readonly logs: number;
  readonly vpc: number;
  readonly total: number;
}

const DAYS = 30;
const MINUTES = DAYS * 24 * 60;

const GB_SECOND = { arm64: 1.33334e-5, x86: 1.66667e-5 };
const INVOCATION = 0.2 / 1e6;
const REQUEST = { fifo: 0.5 / 1e6, standard: 0.4 / 1e6 };
const ALARM = 0.1;
const METRIC = 0.3;
const LOG_GB = 0.5;
/** An interface endpoint, per hour and zone. */
const ENDPOINT_HOUR = 0.01;
/** sqs, sts, eks, ssm and logs. */
const ENDPOINTS = 5;

/** In GB, as serverless.yml has it. */
const MEMORY = { webhook: 0.5, deploy: 1, check: 0.25, sweep: 0.5, work: 1 };
export const ALARMS = 7;
/** Of the dead letters of the work queue, where the stack has it. */
export const WORK_ALARMS = 1;
/** Of src/app/functions/outcome-metrics.ts, which have a value only in hours in which something runs. */
const METRICS = 4;
/** AWS polls an idle queue every 20 s, with five pollers, or with two where no maximum concurrency is set. */
const POLLS = { limited: 5 * 3 * MINUTES, unlimited: 2 * 3 * MINUTES };
/** Send, receive, hide, delete; a run that takes longer hides its messages every 10 s. */
const DEPLOY_REQUESTS = 4;
/** Send and delete a check. */
const CHECK_REQUESTS = 2;
/** Receive it, hide it for the look, and hide it until the next one. */
const LOOK_REQUESTS = 3;
/** Send, receive, hide, delete; a message that waits until it is due is received and hidden once more. */
const WORK_REQUESTS = 6;
/** Of one message of the work queue. */
export const WORK_SECONDS = 0.8;
/** Lines of a deploy and of its readiness, of a delivery. */
const LOG_BYTES = { deploy: 2_000, delivery: 300 };

/** The pauses between looks, in seconds (src/deploy/readiness/judge-readiness.ts). */
type PauseAfterLook = (looks: number, leftMs: number) => number;

/** How often a rollout is looked at until it is ready. */
export function looksOf(rolloutSeconds: number, pauseAfterLook: PauseAfterLook): number {
  let looks = 1;
  for (let atMs = 0; atMs < rolloutSeconds * 1000; looks += 1) atMs += pauseAfterLook(looks, Infinity);
  return looks;
}

export function priceOf(load: Load, pauseAfterLook: PauseAfterLook): Price {
  const { seconds, vpcZones } = load;
  const pushes = load.pushesADay * DAYS;
  const deploys = pushes * load.targetsPerPush;
  const looks = deploys * looksOf(load.rolloutSeconds, pauseAfterLook);
  const functions =
    pushes * (MEMORY.webhook * seconds.webhook * GB_SECOND.arm64 + INVOCATION) +
    deploys * (MEMORY.deploy * seconds.deploy * GB_SECOND.x86 + INVOCATION) +
    looks * (MEMORY.check * seconds.look * GB_SECOND.arm64 + INVOCATION) +
    MINUTES * (MEMORY.sweep * (seconds.sweep + seconds.drift / 10) * GB_SECOND.arm64 + INVOCATION * 1.1);
  const fifo = POLLS.limited + MINUTES + deploys * DEPLOY_REQUESTS;
  const standard = POLLS.unlimited + MINUTES + deploys * CHECK_REQUESTS + looks * LOOK_REQUESTS;
  const parts = {
    functions,
    queues: fifo * REQUEST.fifo + standard * REQUEST.standard,
    alarms: ALARMS * ALARM,
    metrics: pushes === 0 ? 0 : METRICS * METRIC,
    logs: ((deploys * LOG_BYTES.deploy + pushes * LOG_BYTES.delivery) / 1e9) * LOG_GB,
    vpc: vpcZones * ENDPOINTS * ENDPOINT_HOUR * DAYS * 24,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, each) => sum + each, 0) };
}

export interface WorkPrice {
  /** Its queue and its alarm, in a month in which it does nothing. */
  readonly idle: number;
  /** Each branch that images are written to, polled every five minutes. */
  readonly branch: number;
  /** Each stage of a promotion, which the sweep has looked at every ten minutes. */
  readonly stage: number;
  /** A thousand messages, commits, records and plans. */
  readonly thousand: number;
}

/** What the work function adds. `seconds`: what it takes for one message, most of which waits for other servers. */
export function workPriceOf(seconds: number): WorkPrice {
  const message = MEMORY.work * seconds * GB_SECOND.x86 + INVOCATION + WORK_REQUESTS * REQUEST.fifo;
  return {
    idle: POLLS.unlimited * REQUEST.fifo + WORK_ALARMS * ALARM,
    branch: (MINUTES / 5) * message,
    stage: (MINUTES / 10) * message,
    thousand: 1000 * message,
  };
}

/** The most that a stranger can make the webhook function cost in a month: every execution that is reserved, all the time. */
export function strangersPriceOf(reserved: number): number {
  const seconds = DAYS * 24 * 3600;
  // AWS accepts ten requests a second for each concurrent execution.
  return reserved * seconds * (MEMORY.webhook * GB_SECOND.arm64 + 10 * INVOCATION);
}

/** What the free tier leaves of an idle month: a million requests of each service, 400,000 GB-s, ten alarms. */
export function isFreeWhenIdle(seconds: Seconds): boolean {
  const requests = POLLS.limited + POLLS.unlimited + 2 * MINUTES;
  const gbSeconds = MINUTES * MEMORY.sweep * (seconds.sweep + seconds.drift / 10);
  return requests <= 1e6 && MINUTES * 1.1 <= 1e6 && gbSeconds <= 400_000 && ALARMS <= 10;
}
