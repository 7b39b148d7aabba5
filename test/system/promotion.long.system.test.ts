import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { promoteAll } from '../../src/app/promotions/promote-all.ts';
import { COMPILE_CACHE, MAIN } from '../rig/programs/headgate.ts';
import { FULL_NAME, Testbed, configMap } from '../rig/testbed/testbed.ts';

const STAGES = ['dev', 'staging', 'prod'];
const WEB = 'ghcr.io/acme/web';

let testbed: Testbed;

afterEach(() => testbed.tearDown());

interface Options {
  readonly after?: object;
  readonly sweepIntervalMs?: number;
  readonly carry?: object;
  readonly hasKey?: boolean;
}

/** Three stages of one cluster and repository. */
async function build({ after = {}, sweepIntervalMs = 3_600_000, hasKey, ...rest }: Options = {}): Promise<void> {
  const targets = STAGES.map((stage) => ({ name: `NAMESPACE-${stage}`, path: `apps/${stage}`, wait: '20s' }));
  const stages = STAGES.map((stage) => `NAMESPACE-${stage}`);
  testbed = await Testbed.build({
    targets,
    promotions: [{ name: 'shop', stages, after, ...rest }],
    sweepIntervalMs,
    hasKey,
  });
}

/** Without pods it is ready as soon as the cluster has seen it. */
function deployment(stage: string, tag: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web-${stage} }
spec:
  replicas: 0
  selector: { matchLabels: { app: web-${stage} } }
  template:
    metadata: { labels: { app: web-${stage} } }
    spec:
      containers:
        - name: web
          image: "${WEB}:${tag}" # moves
`;
}

function files(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([stage, tag]) => [`apps/${stage}/web.yaml`, deployment(stage, tag)]),
  );
}

/** The tags that run, in the order of the stages. */
async function deployed(): Promise<string> {
  const images = STAGES.map(async (stage) => {
    const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
    return testbed.kubectl('-n', testbed.namespace, 'get', 'deployment', `web-${stage}`, path);
  });
  return (await Promise.all(images)).map((image) => image.replace(`${WEB}:`, '')).join(' ');
}

async function tip(): Promise<string> {
  await testbed.git('fetch', '-q', 'origin', 'main');
  return testbed.git('rev-parse', 'FETCH_HEAD');
}

function waits(stage: string, reason: string): Promise<unknown> {
  return testbed.logged(
    (line) =>
      line.message === 'promotion-waits' &&
      line['stage'] === `${testbed.namespace}-${stage}` &&
      String(line['reason']).includes(reason),
  );
}

async function promotedTo(stage: string): Promise<string> {
  const isIt = (line: { message: string; [key: string]: unknown }) =>
    line.message === 'promoted' && line['stage'] === `${testbed.namespace}-${stage}`;
  return String((await testbed.logged(isIt))['revision']);
}

describe('a version in three stages', () => {
  it('moves when the stage before is ready, has soaked and has its status, and only then', async () => {
    await build({ after: { soak: '2s', statuses: [{ context: 'e2e', by: 'ci-bot' }] }, sweepIntervalMs: 250 });
    await testbed.start();
    const first = await testbed.push(files({ dev: '1.0.0', staging: '1.0.0', prod: '1.0.0' }));
    await testbed.converged(first);
    const pushed = await testbed.push(files({ dev: '1.1.0' }));
    await testbed.outcome(pushed, 'deployed');
    await waits('staging', 'it soaks until');
    const report = (sha: string, state: string, creator: string) =>
      testbed.host.addStatus(FULL_NAME, { sha, state, context: 'e2e', creator });
    await waits('staging', `the status e2e of ci-bot is missing on ${pushed.slice(0, 12)}`);
    report(pushed, 'failure', 'ci-bot');
    report(pushed, 'success', 'eve');
    await waits('staging', 'the status e2e of ci-bot is failure');
    expect([await tip(), await deployed()]).toEqual([pushed, '1.1.0 1.0.0 1.0.0']);
    // On a later commit, in which the stage is the same.
    const later = await testbed.push({ 'README.md': 'nothing is deployed from here' });
    report(later, 'success', 'ci-bot');
    const toStaging = await promotedTo('staging');
    await testbed.outcome(toStaging, 'deployed');
    const startMs = Date.now();
    report(toStaging, 'success', 'ci-bot');
    const toProd = await promotedTo('prod');
    await testbed.outcome(toProd, 'deployed');
    expect(Date.now() - startMs).toBeGreaterThan(1000);
    expect(await deployed()).toBe('1.1.0 1.1.0 1.1.0');
    expect(await tip()).toBe(toProd);
    // One commit for each stage, with nothing but the tag in it.
    expect(await testbed.git('rev-list', `${later}..FETCH_HEAD`)).toBe(`${toProd}\n${toStaging}`);
    expect(await testbed.git('show', `${toProd}:apps/prod/web.yaml`)).toBe(deployment('prod', '1.1.0').trim());
    const target = (stage: string) => `${testbed.namespace}-${stage}`;
    expect(await testbed.git('show', '-s', '--format=%B', toProd)).toBe(
      [
        `Promote web 1.1.0 to ${target('prod')}`,
        '',
        `From ${target('staging')} at ${toStaging.slice(0, 12)}:`,
        `- apps/prod/web.yaml:12: ${WEB} 1.0.0 -> 1.1.0`,
        '',
        'Headgate-Promotion: shop',
        `Headgate-Promotion-Stage: ${target('prod')}`,
        `Headgate-Promotion-From: ${target('staging')} ${toStaging}`,
        `Headgate-Promotion-Moved: ${WEB} 1.0.0 -> 1.1.0`,
      ].join('\n'),
    );
  });

  it('moves at the end of each soak, without a sweep', async () => {
    await build({ after: { soak: '3s' } });
    await testbed.start();
    await testbed.converged(await testbed.push(files({ dev: '1.0.0', staging: '1.0.0', prod: '1.0.0' })));
    const pushed = await testbed.push(files({ dev: '1.1.0' }));
    await testbed.outcome(pushed, 'deployed');
    const readyMs = Date.now();
    const toProd = await promotedTo('prod');
    expect(Date.now() - readyMs).toBeGreaterThan(5000);
    await testbed.outcome(toProd, 'deployed');
    expect(await deployed()).toBe('1.1.0 1.1.0 1.1.0');
    expect(testbed.log.filter(({ message }) => message === 'promoted')).toHaveLength(2);
  });

  it('does not move from a stage that fails, is held or was rolled back', async () => {
    await build({ sweepIntervalMs: 250 });
    await testbed.start();
    await testbed.converged(await testbed.push(files({ dev: '1.0.0', staging: '1.0.0', prod: '1.0.0' })));
    await testbed.push(files({ dev: '1.1.0' }));
    await testbed.outcome(await promotedTo('prod'), 'deployed');
    await testbed.git('reset', '-q', '--hard', await tip());
    // A rollback in Git.
    const reverted = await testbed.push(files({ dev: '1.0.0' }));
    await testbed.outcome(reverted, 'deployed');
    await waits('staging', `${WEB} 1.0.0 is older than 1.1.0`);
    // Pods that never run.
    const manifest = deployment('dev', '1.2.0').replace('replicas: 0', 'replicas: 1');
    const nowhere = manifest.replace('      containers:', '      nodeSelector: { nowhere: "true" }\n      containers:');
    const broken = await testbed.push({ 'apps/dev/web.yaml': nowhere });
    await testbed.outcome(broken, 'deployed');
    await waits('staging', 'it is not ready');
    const held = await testbed.headgate('hold', `${testbed.namespace}-dev`, '--reason', 'incident');
    expect(held.code, held.stderr).toBe(0);
    await waits('staging', 'it is held by');
    expect([await tip(), await deployed()]).toEqual([broken, '1.2.0 1.1.0 1.1.0']);
  });

  it('moves at once when the stage before becomes ready, without waiting for a sweep', async () => {
    await build();
    await testbed.start();
    await testbed.converged(await testbed.push(files({ dev: '1.0.0', staging: '1.0.0', prod: '1.0.0' })));
    await testbed.push(files({ dev: '1.1.0' }));
    await testbed.outcome(await promotedTo('prod'), 'deployed');
    expect(await deployed()).toBe('1.1.0 1.1.0 1.1.0');
  });
});

it('a promotion copies files and values to another branch once all of the stages before agree', async () => {
  const stage = (name: string) => `NAMESPACE-${name}`;
  const targets = [
    ...['eu', 'us'].map((name) => ({ name: stage(name), path: `apps/${name}` })),
    { name: stage('prod'), path: 'apps', branch: 'release' },
  ].map((target) => ({ ...target, exclude: ['v*.yaml'] }));
  const carry = { files: ['version.yaml'], values: ['values.yaml#web.replicas'] };
  const stages = [{ to: stage('prod'), from: { all: [stage('eu'), stage('us')] } }];
  testbed = await Testbed.build({ targets, promotions: [{ name: 'shop', stages, carry }], sweepIntervalMs: 250 });
  const filesOf = (path: string, name: string, version: number) => ({
    [`${path}/${name}.yaml`]: configMap(name, { version: String(version) }),
    [`${path}/version.yaml`]: `version: ${version}\n`,
    [`${path}/values.yaml`]: `web:\n  replicas: ${version} # of ${name}\n`,
  });
  await testbed.push(filesOf('apps', 'prod', 1));
  await testbed.git('push', '-q', 'origin', 'HEAD:release');
  await testbed.git('rm', '-q', '-r', 'apps');
  await testbed.start();
  await testbed.push(filesOf('apps/eu', 'eu', 2));
  await waits('prod', `${testbed.namespace}-us: nothing was deployed yet`);
  await testbed.push(filesOf('apps/us', 'us', 1));
  await waits('prod', `version.yaml: ${testbed.namespace}-`);
  expect(await testbed.git('ls-remote', 'origin', 'refs/headgate/*')).toBe('');
  await testbed.push(filesOf('apps/us', 'us', 2));
  const written = await promotedTo('prod');
  await testbed.git('fetch', '-q', 'origin', 'release');
  expect(await testbed.git('rev-parse', 'FETCH_HEAD')).toBe(written);
  expect(await testbed.git('show', `${written}:apps/version.yaml`)).toBe('version: 2');
  expect(await testbed.git('show', `${written}:apps/values.yaml`)).toBe('web:\n  replicas: 2 # of prod');
  expect(await testbed.git('diff', '--stat', `${written}^`, written, '--', 'apps/prod.yaml')).toBe('');
}, 60_000);

/** Anyone who may push to the repository can push a record that ends the hold. */
async function forgeRelease(stage: string): Promise<void> {
  const ref = `refs/headgate/promotions/shop/${stage}`;
  await testbed.git('fetch', '-q', 'origin', ref);
  const message = `Release\n\nHeadgate-Promotion: shop\nHeadgate-Promotion-Stage: ${stage}\n`;
  const forged = await testbed.git('commit-tree', 'FETCH_HEAD^{tree}', '-p', 'FETCH_HEAD', '-m', message);
  await testbed.git('push', '-q', 'origin', `${forged}:${ref}`);
}

it('a promotion by hand of something older stops automation until a person promotes again', async () => {
  await build({ sweepIntervalMs: 250, hasKey: true });
  await testbed.start();
  const target = (stage: string) => `${testbed.namespace}-${stage}`;
  const promote = (...flags: readonly string[]) =>
    testbed.headgate('promote', target('staging'), target('prod'), ...flags);
  const moved = async (tag: string, expected: string) => {
    await testbed.git('reset', '-q', '--hard', await tip());
    await testbed.push(files({ dev: tag }));
    await vi.waitFor(async () => expect(await deployed()).toBe(expected), { timeout: 30_000, interval: 200 });
  };
  const first = await testbed.push(files({ dev: '1.0.0', staging: '1.0.0', prod: '1.0.0' }));
  await testbed.converged(first);
  await moved('1.1.0', '1.1.0 1.1.0 1.1.0');
  const before = await tip();
  const unconfirmed = await promote('--revision', first);
  expect([unconfirmed.code, unconfirmed.stderr, await tip()]).toEqual([
    64,
    expect.stringContaining('Pass --yes'),
    before,
  ]);
  const back = await promote('--revision', first, '--yes');
  expect([back.code, back.stderr]).toEqual([0, expect.any(String)]);
  expect(back.stdout.split('\n')).toEqual([
    `${target('staging')} -> ${target('prod')}, what ${target('staging')} has at ${first.slice(0, 12)}:`,
    `  apps/prod/web.yaml:12: ${WEB} 1.1.0 -> 1.0.0`,
    expect.stringMatching(/^bypassed: .* is older than 1.1.0/),
    `sets a hold: automation writes nothing to ${target('prod')} until a person promotes again`,
    `${target('prod')}: promoted by ${(await tip()).slice(0, 12)}`,
    '',
  ]);
  expect(await testbed.git('show', '-s', '--format=%(trailers:key=Headgate-Promotion-Hold)', 'FETCH_HEAD')).toMatch(
    /^Headgate-Promotion-Hold: \S/,
  );
  await moved('1.2.0', '1.2.0 1.2.0 1.0.0');
  await waits('prod', 'promoted an older version');
  await forgeRelease(target('prod'));
  await testbed.logged((line) => line.message === 'record-not-signed');
  expect(await deployed()).toBe('1.2.0 1.2.0 1.0.0');
  const forward = await promote('--yes', '--output', 'json');
  expect(JSON.parse(forward.stdout)).toMatchObject({ outcome: 'promoted', hold: false, edits: [{ to: '1.2.0' }] });
  await moved('1.3.0', '1.3.0 1.3.0 1.3.0');
  const again = await promote('--image', 'web', '--yes');
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing to promote')]);
  const misspelled = await promote('--image', 'wbe', '--yes');
  expect([misspelled.code, misspelled.stdout]).toEqual([64, '']);
  expect(misspelled.stderr).toContain('Did you mean web?');
  const wrong = await testbed.headgate('promote', target('dev'), target('prod'), '--yes');
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('Did you mean')]);
}, 240_000);

/** Kills the process as soon as Git has the branch that it pushes, and before it can push the record. */
async function killedSweep(): Promise<void> {
  const repository = join(testbed.directory, 'git', `${FULL_NAME}.git`);
  const pid = join(testbed.directory, 'pid');
  const hook = join(repository, 'hooks', 'reference-transaction');
  writeFileSync(hook, `#!/bin/sh\ngrep -q refs/heads/main && [ "$1" = committed ] && kill -9 $(cat ${pid})\nexit 0\n`);
  chmodSync(hook, 0o755);
  const config = join(testbed.directory, 'headgate.yml');
  writeFileSync(config, testbed.config);
  const args = ['--disable-warning=ExperimentalWarning', MAIN, '--config', config, 'sweep'];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...COMPILE_CACHE, ...testbed.env } });
  writeFileSync(pid, String(child.pid));
  const [, signal] = await once(child, 'exit');
  writeFileSync(hook, '#!/bin/sh\n');
  expect(signal).toBe('SIGKILL');
}

it('a promotion ends the same when the process is killed between it and its record', async () => {
  await build();
  // Two pushes: first the branch, then the record.
  await testbed.git(
    '--git-dir',
    join(testbed.directory, 'git', `${FULL_NAME}.git`),
    'config',
    'receive.advertiseAtomic',
    'false',
  );
  const sweep = async () => {
    const { code, stderr } = await testbed.headgate('sweep');
    expect(code, stderr).toBe(0);
    return stderr;
  };
  await testbed.push(files({ dev: 'main-1', staging: 'main-1', prod: 'main-1' }));
  await sweep();
  const pushed = await testbed.push(files({ dev: 'main-2' }));
  await sweep();
  await vi.waitFor(async () => expect(await deployed()).toBe('main-2 main-1 main-1'), 30_000);
  await killedSweep();
  expect(await testbed.git('rev-list', '--count', `${pushed}..${await tip()}`)).toBe('1');
  expect(await testbed.git('ls-remote', 'origin', 'refs/headgate/*')).toBe('');
  // The next one deploys what was written, and does not write it again; the one after moves it on.
  await sweep();
  await sweep();
  expect(await testbed.git('rev-list', '--count', `${pushed}..${await tip()}`)).toBe('2');
  expect(await deployed()).toBe('main-2 main-2 main-2');
  // What was written is known, although its record was lost.
  await testbed.git('reset', '-q', '--hard', 'FETCH_HEAD');
  const reverted = await testbed.push(files({ dev: 'main-1' }));
  await sweep();
  expect(await sweep()).toContain('is older than main-2');
  expect(await tip()).toBe(reverted);
}, 240_000);

it('a promotion ends the same when each of its requests to Git fails in turn', async () => {
  await build();
  const sweep = async () => {
    const { code, stderr } = await testbed.headgate('sweep');
    expect(code, stderr).toBe(0);
  };
  await testbed.push(files({ dev: '1.0.0', staging: '1.0.0', prod: '1.0.0' }));
  await sweep();
  const pushed = await testbed.push(files({ dev: '1.1.0' }));
  await sweep();
  const commits = async () => {
    testbed.host.faults = {};
    return testbed.git('rev-list', '--count', `${pushed}..${await tip()}`);
  };
  const signal = AbortSignal.timeout(60_000);
  let failures = 0;
  for (; ; failures += 1) {
    // A new process each time, which remembers nothing.
    const runtime = testbed.runtime();
    testbed.host.faults = { git: { status: 403, times: 1000, after: failures } };
    const hasSucceeded = await promoteAll(runtime, signal);
    runtime.close();
    if (hasSucceeded) break;
    expect(Number(await commits())).toBeLessThanOrEqual(1);
  }
  expect(failures).toBeGreaterThan(5);
  expect(await commits()).toBe('1');
  expect(await testbed.git('show', 'FETCH_HEAD:apps/staging/web.yaml')).toBe(deployment('staging', '1.1.0').trim());
  const records = await testbed.git('ls-remote', 'origin', 'refs/headgate/*');
  expect(records).toContain(`refs/headgate/promotions/shop/${testbed.namespace}-staging`);
}, 120_000);
