import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { AwsTestbed } from '../test/rig/testbed/aws-testbed.ts';
import type { Testbed, LogLine } from '../test/rig/testbed/testbed.ts';
import { files, range } from './content.ts';
import { benchRepository, payloadOf } from './repository.ts';
import type { BenchCommit } from './repository.ts';

const FULL_NAME = 'acme/fleet';
const RUN_MS = 600_000;

export interface MemoryRow {
  readonly objects: number;
  readonly push: string;
  readonly runMs: number;
  /** Peak resident memory of the deploy function's environments, each started for this push. */
  readonly peakMb: number;
}

/** The packaged deploy function under AWS's runtime client: a first deploy, and one change in a new environment. */
export async function measureMemory(objects: number, cluster: ClusterAddress): Promise<readonly MemoryRow[]> {
  const aws = await AwsTestbed.build({ cluster, deployTimeoutMs: RUN_MS });
  const { testbed } = aws;
  const repository = benchRepository(join(testbed.directory, 'git', `${FULL_NAME}.git`));
  async function row(push: string, commit: BenchCommit): Promise<MemoryRow> {
    await testbed.host.deliver(FULL_NAME, payloadOf({ id: 1, fullName: FULL_NAME }, [commit]));
    const outcome = await outcomeOf(testbed, commit);
    const peakMb = Math.max(...(await aws.functions.deploy.peaksMb()));
    await aws.functions.deploy.stop();
    return { objects, push, runMs: Number(outcome['durationMs']), peakMb };
  }
  try {
    const first = await repository.commit(files(range(objects), 'first'));
    await repository.repack();
    const rows = [await row('first deploy', first)];
    rows.push(await row('one change', await repository.commit(files([7], 'changed'))));
    return rows;
  } finally {
    await aws.tearDown();
  }
}

async function outcomeOf({ log }: Testbed, { revision }: BenchCommit): Promise<LogLine> {
  const untilMs = performance.now() + RUN_MS;
  for (;;) {
    const line = log.find((each) => each.message === 'deployed' && each['revision'] === revision);
    if (line !== undefined) return line;
    if (performance.now() > untilMs) throw new Error(`not deployed in time: ${JSON.stringify(log.slice(-3))}`);
    await pause(50);
  }
}
