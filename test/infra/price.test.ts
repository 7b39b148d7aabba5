import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  ALARMS,
  SECONDS,
  WORK_ALARMS,
  WORK_SECONDS,
  isFreeWhenIdle,
  looksOf,
  priceOf,
  strangersPriceOf,
  workPriceOf,
} from '../../infra/price.ts';
import type { Load } from '../../infra/price.ts';
import { pauseAfterLook } from '../../src/deploy/readiness/pacing.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path: string) => readFile(join(root, path), 'utf8');

function load(pushesADay: number, clusters: keyof typeof SECONDS, vpcZones = 0): Load {
  return { pushesADay, targetsPerPush: 2, rolloutSeconds: 30, seconds: SECONDS[clusters], vpcZones };
}

const priced = (...args: Parameters<typeof load>) => priceOf(load(...args), pauseAfterLook);
const usd = (value: number) => value.toFixed(2);

/** The rows of the first table after a heading, without its head. */
function rowsBelow(heading: string, page: string): readonly (readonly string[])[] {
  const section = page.slice(page.indexOf(`\n${heading}\n`) + 1);
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > 1 && line.startsWith('| ---'));
  const table = end === -1 ? lines : lines.slice(0, end - 1);
  return table.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the price of the stack', () => {
  it('is what docs/aws.md says', async () => {
    const page = await read('docs/aws.md');
    const rows = ([0, 100, 1000] as const).map((pushes) => ({ pushes, clusters: 'one cluster' as const }));
    const all = [...rows, { pushes: 1000, clusters: 'a hundred clusters' as const }];
    const expected = all.map(({ pushes, clusters }) => {
      const { functions, queues, alarms, metrics, logs, total } = priced(pushes, clusters);
      const cells = [functions, queues, alarms, metrics, logs, total].map(usd);
      return [pushes.toLocaleString('en'), clusters, ...cells];
    });
    expect(rowsBelow('## What it costs', page)).toEqual(expected);
    const { webhook, deploy, look, sweep, drift } = SECONDS['one cluster'];
    const many = SECONDS['a hundred clusters'];
    expect(page).toContain(
      `${webhook} s in the webhook, ${deploy} s per deploy, ${look} s per check, ${sweep} s per sweep (${many.sweep} s with a hundred clusters) and ${drift} s more for drift (${many.drift} s)`,
    );
    expect(page).toContain(`${looksOf(30, pauseAfterLook)} checks of a rollout of 30 s`);
    expect(page).toContain(`adds ${usd(priced(0, 'one cluster', 2).vpc)} USD a month`);
  });

  it('of the work function is what docs/aws.md says', async () => {
    const page = await read('docs/aws.md');
    const { idle, branch, stage, thousand } = workPriceOf(WORK_SECONDS);
    expect(page).toContain(
      `The work function adds ${usd(idle)} USD a month when it does nothing, ${usd(thousand)} for a thousand messages, commits or plans of ${WORK_SECONDS} s, ${usd(branch)} for each branch whose images are polled every five minutes, and ${usd(stage)} for each stage of a promotion`,
    );
  });

  it('is at most 1.30 USD a month when nothing is pushed, and nothing with the free tier', () => {
    expect(priced(0, 'one cluster').total).toBeLessThanOrEqual(1.3);
    expect(isFreeWhenIdle(SECONDS['one cluster'])).toBe(true);
  });

  it('is at most 4.50 USD a month for 1,000 pushes a day to two targets, with rollouts of 30 s on a hundred clusters', () => {
    expect(priced(1000, 'a hundred clusters').total).toBeLessThanOrEqual(4.5);
  });

  it('is, for what strangers send, at most what the page says', async () => {
    const page = await read('docs/aws.md');
    const settings = await read('infra/settings.yml');
    const [, reserved = ''] = /ReservesConcurrency, (\d+)/.exec(settings) ?? [];
    expect(page).toContain(
      `reserved concurrency of ${reserved}, so whatever strangers send costs at most ${Math.round(strangersPriceOf(Number(reserved)))} USD a month`,
    );
    expect(page).toContain(`at 20, it would be ${Math.round(strangersPriceOf(20))} USD`);
  });

  it('counts each reading at a rollout', () => {
    expect([0, 1, 2, 5, 30, 60].map((seconds) => looksOf(seconds, pauseAfterLook))).toEqual([1, 2, 2, 3, 6, 7]);
  });

  it('counts the alarms and the functions of the stack as they are', async () => {
    const alarms = await read('infra/alarms.yml');
    expect(alarms.match(/Type: AWS::CloudWatch::Alarm/g)).toHaveLength(ALARMS + WORK_ALARMS);
    const stack = await read('serverless.yml');
    expect([...stack.matchAll(/memorySize: (\d+)/g)].map(([, megabytes]) => megabytes)).toEqual([
      '512',
      '1024',
      '256',
      '512',
      '1024',
    ]);
  });
});
