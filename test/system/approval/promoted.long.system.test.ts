import { afterEach, describe, expect, it, vi } from 'vitest';
import { ROBOT } from '../../rig/git-host/pull-requests/model.ts';
import type { StoredPullRequest, User } from '../../rig/git-host/pull-requests/model.ts';
import { openPage } from '../../../src/cli/page/ui.ts';
import { contextOf } from '../../rig/testbed/in-process.ts';
import { startSmallRegistry } from '../../rig/registry/small-registry.ts';
import { deployment } from '../../rig/testbed/deployment.ts';
import { FULL_NAME, Testbed } from '../../rig/testbed/testbed.ts';
import type { TestbedOptions } from '../../rig/testbed/testbed.ts';
import { PullRig } from '../pulls/pull-rig.ts';

const WEB = 'ghcr.io/acme/web';
const BOB = { id: 12, login: 'bob', permission: 'write' } as const;
const WITHIN = { timeout: 60_000, interval: 50 };
/** No run opens within it, so that only a person promotes. */
const CLOSED = { deny: '2020-01-01 00:00 / 2099-01-01 00:00', timezone: 'UTC', reason: 'by hand only' };

let testbed: Testbed;
let rig: PullRig;
const stage = (name: string) => `${testbed.namespace}-${name}`;

afterEach(() => testbed.tearDown());

const files = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(tags).map(([name, tag]) => [`apps/${name}/web.yaml`, deployment(name, `${WEB}:${tag}`)]),
  );

async function start(options: TestbedOptions): Promise<void> {
  testbed = await Testbed.build({ pullRequests: { plan: true }, sweepIntervalMs: 250, ...options });
  testbed.env['USER'] = 'jo';
  testbed.host.users = [BOB, ROBOT];
  rig = new PullRig(testbed);
  await testbed.start();
}

/** Both stages have 1.0.0, and plans of prod are approved. `promotion`: more of its keys. */
async function build(promotion: object = {}): Promise<void> {
  const target = (name: string) => ({ name: `NAMESPACE-${name}`, path: `apps/${name}`, wait: '20s' });
  const stages = ['NAMESPACE-staging', 'NAMESPACE-prod'];
  await start({
    targets: [target('staging'), { ...target('prod'), approval: 'plan' }],
    promotions: [{ name: 'shop', stages, via: 'pullRequest', ...promotion }],
  });
  const first = await testbed.push(files({ staging: '1.0.0', prod: '1.0.0' }));
  await approve(stage('prod'), await status(first, /^pending waits for approval: 1 create/));
}

/** The hash that a commit shows for prod, once its status matches. */
async function status(revision: string, matching: RegExp, target = stage('prod')): Promise<string> {
  return vi.waitFor(() => {
    const last = testbed.host.statusesOf(revision).findLast(({ context }) => context === `headgate/${target}`);
    expect(`${last?.state} ${last?.description}`).toMatch(matching);
    return /approve ([0-9a-f]{7})$/.exec(last?.description ?? '')?.[1] ?? '';
  }, WITHIN);
}

async function approve(target: string, hash: string): Promise<void> {
  const { code, stderr } = await testbed.headgate('deploy', target, '--approve', hash);
  expect([code, stderr]).toEqual([0, expect.anything()]);
}

async function running(name: string): Promise<string> {
  const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  const image = await testbed.kubectl('-n', testbed.namespace, 'get', 'deployment', name, path);
  return image.slice(image.lastIndexOf(':') + 1);
}

/** The pull request with this title, once it is planned. */
async function planned(number: number, title: string): Promise<StoredPullRequest> {
  const found = await vi.waitFor(() => {
    const each = rig.pulls.find(number);
    if (each?.title !== title) throw new Error(JSON.stringify([rig.pulls.all, testbed.log.slice(-4)], null, 1));
    return each;
  }, WITHIN);
  await rig.shown(found);
  return found;
}

/** The comment that Headgate keeps up to date is its first one. */
const shown = (pullRequest: StoredPullRequest) => rig.comments(pullRequest)[0] ?? { id: 0, body: '' };
const shownHash = (pullRequest: StoredPullRequest) =>
  /^Hash: `\S+` `([0-9a-f]{7})`$/m.exec(shown(pullRequest).body)?.[1] ?? '';
const say = (number: number, user: User, body: string) => rig.answered(rig.pulls.comment(number, user, body));
const pageOf = ({ number }: StoredPullRequest) => `${testbed.host.url}/${FULL_NAME}/pull/${number}`;

/** What `headgate promotions` shows of the step, as JSON and as text. */
async function shows(step: object, prod: object, line: string): Promise<void> {
  const read = async () => {
    const { code, stdout, stderr } = await testbed.headgate('promotions', '--output', 'json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as unknown;
  };
  await expect
    .poll(read, { timeout: 40_000, interval: 500 })
    .toMatchObject([{ stages: [{ stage: stage('staging') }, { stage: stage('prod'), ...prod }], steps: [step] }]);
  expect((await testbed.headgate('promotions')).stdout).toContain(line);
}

/** The texts of these pages of `headgate ui`. */
async function onPage(...paths: readonly string[]): Promise<readonly string[]> {
  const addresses: string[] = [];
  const page = await openPage(
    contextOf(testbed, testbed.runtime(), () => undefined),
    { port: 0, option: '--port', isReadOnly: true, onAddress: (address) => addresses.push(address) },
  );
  try {
    const { headers } = await fetch(addresses[0] ?? '');
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
    const read = paths.map(async (path) => (await fetch(`${page.url}${path}`, { headers: { cookie } })).text());
    return (await Promise.all(read)).map((text) => text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '));
  } finally {
    await page.close();
  }
}

async function lastOutcome(target: string): Promise<unknown> {
  const { stdout } = await testbed.headgate('history', target, '--output', 'json');
  return (JSON.parse(stdout) as { readonly outcomes: readonly unknown[] }).outcomes[0];
}

describe('a promotion into a stage whose plans are approved', () => {
  it('is planned on its pull request, which stays as it is when the stage before fails, and deployed by the merge', async () => {
    await build();
    await testbed.push(files({ staging: '1.1.0' }));
    const opened = await planned(1, `Promote web 1.1.0 to ${stage('prod')}`);
    expect(opened.user.id).toBe(ROBOT.id);
    const hash = shownHash(opened);
    expect(hash).toMatch(/^[0-9a-f]{7}$/);
    // Also not by Headgate's own account.
    expect(await say(1, ROBOT, `/headgate approve ${hash}`)).toBe('-1');
    const waits = `pull request 1 waits for approval by its merge: ${pageOf(opened)}`;
    const step = { outcome: 'waits', reasons: [waits], edits: [{ from: '1.0.0', to: '1.1.0' }] };
    await shows(step, { waiting: null }, `${stage('staging')} -> ${stage('prod')}: waits: ${waits}\n`);

    // Pods that never run.
    const broken = files({ staging: '1.2.0' })['apps/staging/web.yaml']?.replace('replicas: 0', 'replicas: 1') ?? '';
    await testbed.push({
      'apps/staging/web.yaml': broken.replace(
        '      containers:',
        '      nodeSelector: { nowhere: "true" }\n      containers:',
      ),
    });
    const still = `pull request 1 is still open with what it proposed before: ${pageOf(opened)}`;
    const reasons = [expect.stringContaining(`${stage('staging')}: it is not ready: Deployment`), still];
    await shows({ outcome: 'waits', reasons, edits: [] }, {}, still);
    expect([rig.pulls.find(1)?.head, shownHash(opened)]).toEqual([opened.head, hash]);
    expect(await running('prod')).toBe('1.0.0');
    await status(await rig.pulls.merge(1, 'squash'), /^success 1 updated/);
    expect([await running('staging'), await running('prod')]).toEqual(['1.2.0', '1.1.0']);
    expect(await lastOutcome(stage('prod'))).toMatchObject({ verdict: 'deployed', approvedBy: '#1' });
    expect(await onPage(`/targets/${stage('prod')}`)).toEqual([expect.stringContaining(' approved by #1 ')]);
    expect((await testbed.headgate('history', stage('prod'))).stdout).toContain(', approved by #1 ');
  }, 240_000);

  it('waits after a merge whose own plan was not shown, until someone who has no part in it approves that plan', async () => {
    await build();
    await testbed.push(files({ staging: '1.1.0' }));
    const first = await planned(1, `Promote web 1.1.0 to ${stage('prod')}`);
    const [older, before] = [shownHash(first), shown(first).body];
    await testbed.push(files({ staging: '1.2.0' }));
    const opened = await planned(1, `Promote web 1.2.0 to ${stage('prod')}`);
    expect(shownHash(opened)).not.toBe(older);
    // The plan of 1.1.0, as Headgate signed it, shown for 1.2.0. Stopped, it does not plan again before the merge.
    await testbed.stop();
    rig.pulls.edit(shown(opened).id, before);
    const merged = await rig.pulls.merge(1, 'merge');
    await testbed.start();
    const hash = await status(merged, /^pending waits for approval: 1 update: Deployment prod; approve/);
    const reason = `waits for approval: 1 update: Deployment prod; approve ${hash}`;
    const text = `${merged.slice(0, 12)} ${reason}`;
    const step = { outcome: 'waits', reasons: [`${stage('prod')}: ${text}`], edits: [] };
    await shows(step, { reason: null, waiting: { revision: merged, reason } }, `ready; ${text}\n`);
    const [promotions, target, fleet] = await onPage('/promotions', `/targets/${stage('prod')}`, '/');
    expect(promotions).toMatch(new RegExp(`waits from ${stage('staging')} ${stage('prod')}: ${text}`));
    expect(target).toContain(` W${reason.slice(1)}. `);
    expect(fleet).toContain(` ${reason} `);
    // Its commits are Headgate's, whose account opened it. The hash is of another plan.
    expect(await say(1, ROBOT, `/headgate approve ${hash}`)).toBe('-1');
    expect(await say(1, BOB, `/headgate approve ${older}`)).toBe('+1');
    expect(await running('prod')).toBe('1.0.0');
    expect(await say(1, BOB, `/headgate approve ${hash}`)).toBe('+1');
    await status(merged, /^success 1 updated/);
    expect(await running('prod')).toBe('1.2.0');
    expect(await lastOutcome(stage('prod'))).toMatchObject({ revision: merged, approvedBy: 'bob' });
    await shows({ outcome: 'current', reasons: [] }, { waiting: null }, `${stage('prod')} is up to date`);
  }, 240_000);

  it('by hand is the same pull request, which the person who requested it does not approve', async () => {
    await build({ windows: [CLOSED] });
    await testbed.outcome(await testbed.push(files({ staging: '1.1.0' })), 'deployed');
    const closed = expect.stringContaining('by hand only');
    await shows({ outcome: 'waits', reasons: [closed], edits: [{ to: '1.1.0' }] }, {}, 'by hand only');
    testbed.env['USER'] = 'bob';
    const promote = () => testbed.headgate('promote', stage('staging'), stage('prod'), '--yes');
    const { code, stdout, stderr } = await promote();
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const opened = await planned(1, `Promote web 1.1.0 to ${stage('prod')}`);
    expect(stdout).toContain(`${stage('prod')}: proposed by ${pageOf(opened)}`);
    // Nothing else is bypassed the second time, although what it promotes was proposed.
    const again = (await promote()).stdout.split('\n').filter((line) => line.startsWith('bypassed: '));
    expect(again).toEqual([closed]);
    const waits = `pull request 1 waits for approval by its merge: ${pageOf(opened)}`;
    await shows({ outcome: 'waits', reasons: [closed, waits] }, {}, waits);
    const wasShown = shownHash(opened);
    rig.pulls.remove(shown(opened).id);
    const merged = await rig.pulls.merge(1, 'rebase');
    const hash = await status(merged, /^pending waits for approval: 1 update/);
    expect(hash).toBe(wasShown);
    expect(await say(1, BOB, `/headgate approve ${hash}`)).toBe('-1');
    testbed.env['USER'] = 'jo';
    await approve(stage('prod'), hash);
    expect(await running('prod')).toBe('1.1.0');
    expect(await lastOutcome(stage('prod'))).toMatchObject({ by: 'cli jo', approvedBy: 'jo' });
  }, 240_000);
});

it('plans new images for a target whose plans are approved on their pull request, and deploys its merge', async () => {
  const registry = await startSmallRegistry();
  const web = (tag: string) => ({ 'apps/web.yaml': deployment('web', `${registry.host}/acme/web:${tag}`) });
  const writes = [{ repository: 'fleet', branch: 'main', via: 'pullRequest' }];
  const image = { name: 'web', image: `${registry.host}/acme/web`, policy: { semver: '^1.0.0' } };
  try {
    await start({
      target: { approval: 'plan', wait: '0s' },
      images: [{ ...image, interval: '1s', debounce: '0s', writes }],
    });
    registry.push('acme/web', '1.0.0');
    const first = await testbed.push(web('1.0.0'));
    await approve(testbed.namespace, await status(first, /^pending waits for approval/, testbed.namespace));
    registry.push('acme/web', '1.1.0');
    const opened = await planned(1, 'Update web to 1.1.0');
    const look = async () => JSON.parse((await testbed.headgate('images', '--output', 'json')).stdout) as unknown;
    const waits = { current: ['1.0.0'], wanted: '1.1.0', reason: `waits for pull request 1: ${pageOf(opened)}` };
    expect(await look()).toMatchObject([waits]);
    const before = shownHash(opened);
    await testbed.stop();
    registry.push('acme/web', '1.2.0');
    const updates = { wanted: '1.2.0', reason: `the next poll updates pull request 1: ${pageOf(opened)}` };
    expect(await look()).toMatchObject([updates]);
    await testbed.start();
    expect(shownHash(await planned(1, 'Update web to 1.2.0'))).not.toBe(before);
    expect(await running('web')).toBe('1.0.0');
    await status(await rig.pulls.merge(1, 'merge'), /^success 1 updated/, testbed.namespace);
    expect([await running('web'), await lastOutcome(testbed.namespace)]).toMatchObject(['1.2.0', { approvedBy: '#1' }]);
  } finally {
    await registry.close();
  }
}, 240_000);
