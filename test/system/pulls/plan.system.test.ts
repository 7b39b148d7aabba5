import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { FULL_NAME, Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from './pull-rig.ts';

let testbed: Testbed;
let rig: PullRig;

beforeAll(async () => {
  testbed = await Testbed.build({ pullRequests: { plan: true }, target: { wait: '0s' } });
  rig = new PullRig(testbed);
  testbed.host.users = [
    { id: 11, login: 'ann', permission: 'write' },
    { id: 12, login: 'eve', permission: 'read' },
  ];
  await testbed.start();
  const base = await testbed.push({
    'apps/web.yaml': deployment('web', 'nginx:1'),
    'apps/settings.yaml': configMap('settings', { color: 'blue' }),
    'apps/old.yaml': configMap('old'),
    'apps/secret.yaml': secret('planted-old-value'),
  });
  await testbed.outcome(base, 'deployed');
});

afterAll(async () => {
  await testbed.tearDown();
});

function deployment(name: string, image: string): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image }] } },
    },
  });
}

function secret(value: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData:\n  token: ${value}\n`;
}

/** Everything that was sent for the plan of this merge. */
async function sentFor({ mergeRevision }: StoredPullRequest): Promise<readonly { verb: string; uri: string }[]> {
  return testbed.auditOf(`${testbed.namespace}@${mergeRevision?.slice(0, 12) ?? 'none'}`);
}

describe('an opened pull request', () => {
  it('gets one comment with what its merge would change, and a status, and nothing is written', async () => {
    const pullRequest = await rig.open('first', {
      'apps/web.yaml': deployment('web', 'nginx:2'),
      'apps/new.yaml': configMap('new'),
      'apps/old.yaml': null,
      'apps/secret.yaml': secret('planted-new-value'),
      'README.md': 'hello',
    });
    const text = await rig.shown(pullRequest);
    const ns = testbed.namespace;
    expect(text).toContain(`| \`${ns}\` | 1 to create, 2 to update, 1 to prune | would be deployed |`);
    expect(text).toContain(`**Restarts**, because the pod template changes:\n\n- \`Deployment.apps ${ns}/web\``);
    const [open = '', ...folded] = text.split('<details>');
    expect(open).toContain(`| \`prune\` | \`ConfigMap ${ns}/old\` | \`apps/old.yaml\` |`);
    expect(folded.join('')).toContain('- .spec.template.spec.containers[0].image: "nginx:1"');
    expect(folded.join('')).toContain('- .data.token: "*** (before)"');
    expect(rig.statuses(pullRequest)).toEqual([
      `${ns} success: would be deployed: 1 to create, 2 to update, 1 to prune`,
    ]);
    const sent = await sentFor(pullRequest);
    expect(sent.length).toBeGreaterThan(4);
    const writes = sent.filter(({ verb, uri }) => !['get', 'list'].includes(verb) && !uri.includes('dryRun=All'));
    expect(writes).toEqual([]);
    expect(await testbed.get('configmap', 'new')).toBeNull();
    expect(await testbed.get('configmap', 'old')).not.toBeNull();
  });

  it('has the same comment changed after another push, and its status on the new head', async () => {
    const pullRequest = await rig.open('second', { 'apps/settings.yaml': configMap('settings', { color: 'red' }) });
    const before = await rig.shown(pullRequest);
    expect(before).toContain('+ .data.color: "red"');
    await rig.branch('second', { 'apps/settings.yaml': configMap('settings', { color: 'green' }) });
    await testbed.until(() => rig.statuses(pullRequest).length === 1 && pullRequest.head !== '');
    const text = await rig.shown(pullRequest);
    expect(text).toContain('+ .data.color: "green"');
    expect(text).not.toContain('red');
    expect(rig.statuses(pullRequest)[0]).toContain('success');
  });

  it('is planned as a draft too, and one that changes nothing gets a status and no comment', async () => {
    const pullRequest = await rig.open('readme', { 'README.md': 'nothing to deploy' }, { isDraft: true });
    await rig.planned(pullRequest);
    expect(rig.statuses(pullRequest)).toEqual([`${testbed.namespace} success: no changes`]);
    expect(rig.comments(pullRequest)).toEqual([]);
  });

  it('is planned over the tip of its branch, without the merge of the host, and says what has to be rebased first', async () => {
    const behind = await testbed.git('rev-parse', 'main');
    const tip = await testbed.push({ 'apps/moved.yaml': configMap('moved') });
    await testbed.outcome(tip, 'deployed');
    await rig.branch('behind', { 'apps/settings.yaml': configMap('settings', { color: 'pink' }) }, behind);
    await rig.branch('conflict', { 'apps/moved.yaml': configMap('moved', { other: 'x' }) }, behind);
    const opened = await Promise.all(['behind', 'conflict'].map((branch) => rig.pulls.open({ branch })));
    const [clean, conflicting] = opened;
    if (clean === undefined || conflicting === undefined) throw new Error('not opened');
    // As on a host that makes no merges, or has not made it yet.
    for (const each of opened) each.mergeRevision = null;
    rig.pulls.comment(clean.number, { id: 11, login: 'ann', permission: 'write' }, '/headgate plan');
    const text = await rig.shown(clean, tip);
    expect(text).toContain('0 to create, 1 to update, 0 to prune');
    expect(text).toContain('+ .data.color: "pink"');
    const refused = await rig.shown(conflicting, tip);
    expect(refused).toContain('- `apps/moved.yaml`: `changed both on main and in the pull request');
    expect(refused).toContain('Rebase the pull request first');
    expect(rig.statuses(conflicting)[0]).toContain(
      'failure: apps/moved.yaml changed both on main and in the pull request',
    );
  });

  it('is planned again when another one has comments that cannot be read', async () => {
    const long = await rig.open('long', { 'apps/long.yaml': configMap('long') });
    await rig.shown(long);
    const eve = { id: 12, login: 'eve', permission: 'read' } as const;
    for (let n = 0; n < 3; n += 1) rig.pulls.comment(long.number, eve, 'x'.repeat(12_000_000));
    const pullRequest = await rig.open('beside', { 'apps/beside.yaml': configMap('beside') });
    await rig.shown(pullRequest);
    const tip = await testbed.push({ 'apps/settings.yaml': configMap('settings', { color: 'black' }) });
    expect(await rig.shown(pullRequest, tip)).toContain(`at \`${tip.slice(0, 12)}\``);
    rig.pulls.close(long.number);
  });

  it('is planned again when a push to its branch was deployed that shares a target', async () => {
    const pullRequest = await rig.open('refreshed', { 'apps/other.yaml': configMap('other') });
    await rig.shown(pullRequest);
    const tip = await testbed.push({ 'apps/settings.yaml': configMap('settings', { color: 'white' }) });
    const text = await rig.shown(pullRequest, tip);
    expect(text).toContain(`at \`${tip.slice(0, 12)}\``);
  });
});

it('keeps what was shown of a pull request that is merged while it is planned again, which is what its merge is held to', async () => {
  const beside = await rig.open('raced-beside', { 'apps/raced-beside.yaml': configMap('raced-beside') });
  await rig.shown(beside);
  const pullRequest = await rig.open('raced', { 'apps/raced.yaml': configMap('raced') });
  const shown = await rig.shown(pullRequest);
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  testbed.host.faults = { gitWaitsFor: gate };
  testbed.host.server.requests.length = 0;
  rig.pulls.comment(pullRequest.number, { id: 11, login: 'ann', permission: 'write' }, '/headgate plan');
  const listed = `/issues/${pullRequest.number}/comments`;
  await testbed.until(() => testbed.host.server.requests.some(({ path }) => path.includes(listed)));
  const merged = await rig.pulls.merge(pullRequest.number, 'rebase');
  release();
  testbed.host.faults = {};
  await testbed.logged(
    (line) => line.message === 'plan-ignored' && line['reason'] === 'it was merged or closed meanwhile',
  );
  expect(rig.only(pullRequest)).toBe(shown);
  // Those that are open now are planned again after the deploy: the next tests are to count their own plans alone.
  await rig.planned(beside, merged);
});

describe('a command in a comment', () => {
  it('plans again, is answered by a reaction, and is refused to an account that may not write', async () => {
    const pullRequest = await rig.open('commands', { 'apps/commands.yaml': configMap('commands') });
    await rig.shown(pullRequest);
    const ann = { id: 11, login: 'ann', permission: 'write' } as const;
    const eve = { id: 12, login: 'eve', permission: 'read' } as const;
    const count = () =>
      testbed.log.filter(({ message, head }) => message === 'planned' && head === pullRequest.head).length;
    const before = count();
    const allowed = rig.pulls.comment(pullRequest.number, ann, '/headgate plan');
    expect(await rig.answered(allowed)).toBe('+1');
    await testbed.until(() => count() === before + 1);
    const stranger = rig.pulls.comment(pullRequest.number, eve, '/headgate plan');
    expect(await rig.answered(stranger)).toBe('-1');
    expect(count()).toBe(before + 1);
    expect(rig.only(pullRequest)).toContain(
      `> \`/headgate plan\` is for accounts that may write to \`${FULL_NAME}\`, and \`eve\` may not.\n\n### Headgate plan`,
    );
    const help = rig.pulls.comment(pullRequest.number, eve, '/headgate help');
    expect(await rig.answered(help)).toBe('+1');
    expect(rig.only(pullRequest)).toContain('> Comment `/headgate plan` to plan again');
    expect(rig.only(pullRequest)).toContain('1 to create');
    expect(rig.only(pullRequest)).not.toContain('eve');
  });
});

describe('headgate plan --pull-request', () => {
  it('shows the same plan on a desk, in every format, with the exit codes of a plan', async () => {
    const pullRequest = await rig.open('desk', { 'apps/desk.yaml': configMap('desk') });
    await rig.shown(pullRequest);
    const plan = (...args: readonly string[]) =>
      testbed.headgate('plan', testbed.namespace, '--pull-request', String(pullRequest.number), ...args);
    const json = await plan('--output', 'json');
    expect(json.code).toBe(2);
    const shown = JSON.parse(json.stdout) as { pullRequest: object; changes: { op: string; name: string }[] };
    expect(shown).toMatchObject({ pullRequest: { number: pullRequest.number, head: pullRequest.head } });
    expect(shown.changes.map(({ op, name }) => `${op} ${name}`)).toEqual(['create desk']);
    const [text, unknown] = [await plan(), await testbed.headgate('plan', testbed.namespace, '--pull-request', '999')];
    expect(text.stdout).toContain(`#${pullRequest.number} at ${pullRequest.head.slice(0, 12)} merged into`);
    expect(unknown).toMatchObject({ code: 64 });
    expect(unknown.stderr).toContain('does not exist in acme/fleet');
  });
});
