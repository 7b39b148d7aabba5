import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredPullRequest } from '../rig/git-host/pull-requests/model.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { deployment } from '../rig/testbed/deployment.ts';
import { FULL_NAME, Testbed } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(() => testbed.tearDown());

async function imageOf(name: string): Promise<string> {
  const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  return testbed.kubectl('-n', testbed.namespace, 'get', 'deployment', name, path);
}

const pulls = () => testbed.host.pullRequestsOf(FULL_NAME);

async function pullRequest(number: number, title: string): Promise<StoredPullRequest> {
  return vi.waitFor(
    () => {
      const found = pulls().find(number);
      if (found?.title !== title)
        throw new Error(`${JSON.stringify(pulls().all)}\n${JSON.stringify(testbed.log.slice(-5), null, 1)}`);
      return found;
    },
    { timeout: 40_000, interval: 50 },
  );
}

const linesOf = (message: string) => testbed.log.filter((line) => line.message === message);

async function seen(message: string, times: number): Promise<LogLine> {
  const before = linesOf(message).length;
  await vi.waitFor(() => expect(linesOf(message).length).toBeGreaterThanOrEqual(before + times), {
    timeout: 40_000,
    interval: 50,
  });
  return linesOf(message).at(-1) ?? { message: '' };
}

const branchTip = (name: string) => testbed.git('ls-remote', 'origin', `refs/heads/${name}`);

/** Entry of `images`; `write`: more keys of its only write. */
function webIn({ host }: SmallRegistry, write: object): object {
  return {
    name: 'web',
    image: `${host}/acme/web`,
    policy: { semver: '^1.0.0' },
    interval: '1s',
    debounce: '0s',
    writes: [{ repository: 'fleet', branch: 'main', ...write }],
  };
}

describe('new images with via: pullRequest', () => {
  let registry: SmallRegistry;
  const HEAD = 'headgate/update-images/main';
  const web = (tag: string) => deployment('web', `${registry.host}/acme/web:${tag}`);

  beforeEach(async () => {
    registry = await startSmallRegistry();
    const image = webIn(registry, { paths: ['apps/**'], via: 'pullRequest' });
    testbed = await Testbed.build({ images: [image], sweepIntervalMs: 200 });
    await testbed.start();
    registry.push('acme/web', '1.0.0');
    await testbed.converged(await testbed.push({ 'apps/web.yaml': web('1.0.0') }));
    return () => registry.close();
  });

  it('are proposed by one pull request, which a newer version updates and a merge deploys', async () => {
    const digest = registry.push('acme/web', '1.1.0');
    const opened = await pullRequest(1, 'Update web to 1.1.0');
    expect(opened).toMatchObject({ branch: HEAD, into: 'main', state: 'open' });
    expect(opened.body).toContain(
      [
        `- \`${registry.host}/acme/web\`: \`1.0.0\` → \`1.1.0\``,
        '  - policy: `semver ^1.0.0`',
        `  - digest: \`${digest}\``,
        '  - files: `apps/web.yaml`',
      ].join('\n'),
    );
    registry.push('acme/web', '1.2.0');
    const updated = await pullRequest(1, 'Update web to 1.2.0');
    await testbed.git('fetch', '-q', 'origin', HEAD);
    const head = await testbed.git('rev-parse', 'FETCH_HEAD');
    expect(updated.head).toBe(head);
    expect(await testbed.git('show', `${head}:apps/web.yaml`)).toBe(web('1.2.0').trim());
    // One commit on the tip of the branch, and nothing of the version before.
    expect(await testbed.git('rev-list', '--count', `main..${head}`)).toBe('1');
    expect([await imageOf('web'), pulls().all.length]).toEqual([`${registry.host}/acme/web:1.0.0`, 1]);
    const merged = await pulls().merge(1, 'squash');
    await testbed.outcome(merged, 'deployed');
    expect(await imageOf('web')).toBe(`${registry.host}/acme/web:1.2.0`);
    // The branch is used again.
    registry.push('acme/web', '1.3.0');
    await pullRequest(2, 'Update web to 1.3.0');
    await testbed.git('fetch', '-q', 'origin', HEAD);
    expect(await testbed.git('rev-parse', 'FETCH_HEAD^')).toBe(merged);
  });

  it('are not proposed again after a person closed the pull request, through polls and a restart', async () => {
    registry.push('acme/web', '1.1.0');
    await pullRequest(1, 'Update web to 1.1.0');
    await testbed.logged(({ message }) => message === 'image-proposed');
    pulls().close(1);
    await testbed.git('push', '-q', 'origin', `:${HEAD}`);
    expect(await seen('image-held', 3)).toMatchObject({
      reason:
        '1.1.0 was proposed by pull request 1, which was closed, or merged and reverted, so it is not proposed again',
    });
    await testbed.stop();
    const { stdout } = await testbed.headgate('images');
    expect(stdout).toContain('held: pull request 1 proposed 1.1.0, and was closed, or merged and reverted');
    await testbed.start();
    await seen('image-held', 3);
    expect([pulls().all.length, await branchTip(HEAD)]).toEqual([1, '']);
    registry.push('acme/web', '1.2.0');
    await pullRequest(2, 'Update web to 1.2.0');
    const merged = await pulls().merge(2, 'merge');
    await testbed.outcome(merged, 'deployed');
    // A revert holds as a refusal does.
    await testbed.git('fetch', '-q', 'origin', 'main');
    await testbed.git('reset', '-q', '--hard', 'FETCH_HEAD');
    await testbed.push({ 'apps/web.yaml': web('1.0.0') });
    await seen('image-held', 3);
    expect(pulls().all.map(({ state }) => state)).toEqual(['closed', 'merged']);
  }, 150_000);

  it('leave a branch alone that a person pushed to, and say so', async () => {
    registry.push('acme/web', '1.1.0');
    await pullRequest(1, 'Update web to 1.1.0');
    await testbed.git('fetch', '-q', 'origin', HEAD);
    await testbed.git('checkout', '-q', 'FETCH_HEAD');
    await testbed.git('commit', '-q', '--allow-empty', '-m', 'Explain the update');
    await testbed.git('push', '-q', 'origin', `HEAD:${HEAD}`);
    const pushed = await branchTip(HEAD);
    registry.push('acme/web', '1.2.0');
    expect(await seen('proposal-left-alone', 2)).toMatchObject({ revision: pushed.slice(0, 40) });
    expect([await branchTip(HEAD), pulls().find(1)?.title]).toEqual([pushed, 'Update web to 1.1.0']);
    const { stdout } = await testbed.headgate('images');
    expect(stdout).toContain('someone else pushed to pull request 1, so it is left alone: http');
  });
});

it('commits new images by the API of the host with via: api, and a revert holds although a record was lost', async () => {
  const registry = await startSmallRegistry();
  const web = (tag: string) => deployment('web', `${registry.host}/acme/web:${tag}`);
  testbed = await Testbed.build({ images: [webIn(registry, { via: 'api' })], sweepIntervalMs: 200 });
  try {
    await testbed.start();
    registry.push('acme/web', '1.0.0');
    await testbed.converged(await testbed.push({ 'apps/web.yaml': web('1.0.0') }));
    const written = async (tag: string) => {
      registry.push('acme/web', tag);
      const isIt = (line: LogLine) => line.message === 'image' && JSON.stringify(line['changes']).includes(`"${tag}"`);
      const revision = String((await testbed.logged(isIt))['revision']);
      await testbed.outcome(revision, 'deployed');
      return revision;
    };
    await written('1.1.0');
    await testbed.git('fetch', '-q', 'origin', 'refs/headgate/images/web:before');
    const second = await written('1.2.0');
    await testbed.git('fetch', '-q', 'origin', 'main');
    expect(await testbed.git('log', '-1', '--format=%an %s', second)).toBe('headgate-bot Update web to 1.2.0');
    expect(await testbed.git('show', `${second}:apps/web.yaml`)).toBe(web('1.2.0').trim());
    // As if the process had died between the commit and its record.
    await testbed.stop();
    await testbed.git('push', '-q', '--force', 'origin', 'before:refs/headgate/images/web');
    await testbed.git('reset', '-q', '--hard', second);
    await testbed.git('revert', '--no-edit', 'HEAD');
    await testbed.git('push', '-q', 'origin', 'HEAD:main');
    await testbed.start();
    await seen('image-held', 3);
    await testbed.git('fetch', '-q', 'origin', 'main');
    expect(await testbed.git('rev-parse', 'FETCH_HEAD')).toBe(await testbed.git('rev-parse', 'HEAD'));
  } finally {
    await registry.close();
  }
}, 150_000);

it('promotes by a pull request that has the plan, and not again what a person closed', async () => {
  const WEB = 'ghcr.io/acme/web';
  const stages = ['NAMESPACE-dev', 'NAMESPACE-prod'];
  const targets = ['dev', 'prod'].map((stage) => ({ name: `NAMESPACE-${stage}`, path: `apps/${stage}`, wait: '20s' }));
  const promotions = [{ name: 'shop', stages, via: 'pullRequest' }];
  testbed = await Testbed.build({ targets, promotions, pullRequests: { plan: true }, sweepIntervalMs: 250 });
  await testbed.start();
  const files = (tags: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(tags).map(([stage, tag]) => [`apps/${stage}/web.yaml`, deployment(stage, `${WEB}:${tag}`)]),
    );
  const prod = `${testbed.namespace}-prod`;
  await testbed.converged(await testbed.push(files({ dev: '1.0.0', prod: '1.0.0' })));
  await testbed.push(files({ dev: '1.1.0' }));
  const opened = await pullRequest(1, `Promote web 1.1.0 to ${prod}`);
  expect(opened).toMatchObject({ branch: `headgate/promote/shop/${prod}`, into: 'main' });
  expect(opened.body).toContain(`- \`apps/prod/web.yaml:12: ${WEB} 1.0.0 -> 1.1.0\``);
  await testbed.logged(({ message, head }) => message === 'planned' && head === opened.head);
  const comment = pulls().comments.find(({ number }) => number === 1);
  expect(comment?.body).toContain(prod);
  await testbed.logged(({ message, reason }) => message === 'promotion-waits' && /is open/.test(String(reason)));
  expect((await testbed.headgate('promotions')).stdout).toContain('waits: pull request 1 is open: ');
  // A newer version that is ready updates it.
  await testbed.push(files({ dev: '1.2.0' }));
  await pullRequest(1, `Promote web 1.2.0 to ${prod}`);
  pulls().close(1);
  await testbed.push({ 'README.md': 'nothing is deployed from here' });
  await testbed.logged(
    ({ message, reason }) =>
      message === 'promotion-waits' &&
      reason === `${WEB} 1.2.0 was proposed to ${prod} by pull request 1, which was closed, or merged and reverted`,
  );
  await testbed.push(files({ dev: '1.3.0' }));
  await pullRequest(2, `Promote web 1.3.0 to ${prod}`);
  await testbed.outcome(await pulls().merge(2, 'merge'), 'deployed');
  expect(await imageOf('prod')).toBe(`${WEB}:1.3.0`);
  expect(pulls().all.map(({ state }) => state)).toEqual(['closed', 'merged']);
  // A branch that a person pushed to is left alone until the person deletes it.
  await testbed.git('pull', '-q', '--rebase', 'origin', 'main');
  await testbed.push(files({ dev: '1.4.0' }));
  const { branch } = await pullRequest(3, `Promote web 1.4.0 to ${prod}`);
  await testbed.logged(({ reason }) => String(reason).startsWith('pull request 3 is open'));
  await testbed.git('fetch', '-q', 'origin', branch);
  await testbed.git('push', '-q', 'origin', `${await childOf('FETCH_HEAD')}:refs/heads/${branch}`);
  await testbed.push(files({ dev: '1.5.0' }));
  await testbed.logged(
    ({ message, reason }) => message === 'promotion-waits' && /someone else pushed/.test(String(reason)),
  );
  pulls().close(3);
  await testbed.git('push', '-q', 'origin', '--delete', branch);
  await pullRequest(4, `Promote web 1.5.0 to ${prod}`);
}, 150_000);

/** A commit on top of another one, which changes nothing. */
async function childOf(revision: string): Promise<string> {
  return testbed.git('commit-tree', `${revision}^{tree}`, '-p', revision, '-m', 'By a person');
}
