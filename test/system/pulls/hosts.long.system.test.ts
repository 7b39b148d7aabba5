import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { FULL_NAME, Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { GiteaRig } from './gitea-rig.ts';
import { PullRig } from './pull-rig.ts';
import { FILES, PREVIEW } from './preview-rig.ts';

/** A host with its pull requests, as a person uses it. Branches begin at main. */
interface PullHost {
  readonly namespace: string;
  push(branch: string, files: Readonly<Record<string, string>>): Promise<string>;
  open(branch: string): Promise<number>;
  /** The only label of the repository. */
  label(number: number): Promise<void>;
  close(number: number): Promise<void>;
  comments(number: number): Promise<readonly { readonly id: number; readonly body: string }[]>;
  /** The newest state for the context, as the host calls it. */
  status(revision: string, context: string): Promise<string | undefined>;
  /** Those to an environment: the commit, the newest state and the newest address. `inactive`: stopped, on GitLab. Null: the host has none. */
  deployments(environment: string): readonly string[] | null;
  stop(): Promise<void>;
}

const OPTIONS = { previews: [PREVIEW] };

async function onFacade(speaks: 'github' | 'gitlab'): Promise<PullHost> {
  const testbed = await Testbed.build({ ...OPTIONS, pullRequests: { plan: true }, speaks });
  const rig = new PullRig(testbed);
  await testbed.start();
  return {
    namespace: testbed.namespace,
    push: (branch, files) => (branch === 'main' ? testbed.push(files) : rig.branch(branch, files)),
    open: async (branch) => (await rig.pulls.open({ branch })).number,
    label: async (number) => rig.pulls.label(number, ['preview']),
    close: async (number) => rig.pulls.close(number),
    comments: async (number) =>
      testbed.host.pullRequestsOf(FULL_NAME).comments.filter((each) => each.number === number),
    status: async (revision, context) =>
      testbed.host.statusesOf(revision).findLast((each) => each.context === context)?.state,
    deployments: (environment) =>
      testbed.host.deployments
        .filter((each) => each.environment === environment)
        .map(({ sha, statuses }) => {
          const { url = '' } = statuses.findLast((each) => each.url !== '') ?? {};
          return `${sha} ${statuses.at(-1)?.state ?? 'none'} ${url}`;
        }),
    stop: () => testbed.tearDown(),
  };
}

async function onGitea(): Promise<PullHost> {
  const rig = await GiteaRig.start(OPTIONS);
  return {
    namespace: rig.namespace,
    async push(branch, files) {
      await rig.git('checkout', '-q', branch).catch(() => rig.git('checkout', '-q', '-b', branch));
      const revision = await rig.push(branch, files);
      await rig.git('checkout', '-q', 'main');
      return revision;
    },
    open: (branch) => rig.open(branch),
    label: (number) => rig.label(number, 'preview'),
    close: (number) => rig.closePullRequest(number),
    comments: (number) => rig.comments(number),
    status: async (revision, context) =>
      (await rig.statuses(revision)).find((each) => each.context === context)?.status,
    deployments: () => null,
    stop: () => rig.close(),
  };
}

describe.each([
  ['GitHub', () => onFacade('github'), true],
  ['GitLab', () => onFacade('gitlab'), true],
  ['a real Gitea', onGitea, false],
] as const)('a pull request on %s', (_name, start, hasDeployments) => {
  let host: PullHost;
  /** Opened by the first test, and closed by the last. */
  const pullRequest = { number: 0, head: '', comment: 0 };

  beforeAll(async () => {
    host = await start();
    await host.push('main', { 'apps/a.yaml': configMap('a', { v: '1' }), ...FILES });
  }, 1_200_000);

  afterAll(async () => {
    await kubectl(inject('cluster'), ['delete', 'namespace', namespaceOf(), '--wait=false', '--ignore-not-found']);
    await host.stop();
  });

  const namespaceOf = () => `${host.namespace}-pr-${pullRequest.number}`;

  /** Waits until the only comment has this text. */
  const shows = (text: string | RegExp) =>
    vi.waitFor(
      async () => {
        const comments = await host.comments(pullRequest.number);
        expect(comments.map(({ body }) => body)).toEqual([expect.stringMatching(text)]);
        return comments[0]?.id ?? 0;
      },
      { timeout: 60_000, interval: 100 },
    );

  const deployments = (expected: readonly string[], environment: string) =>
    vi.waitFor(() => expect(host.deployments(environment)).toEqual(expected), { timeout: 60_000, interval: 100 });

  const status = (revision: string, context: string, state: string) =>
    vi.waitFor(async () => expect(await host.status(revision, context)).toBe(state), {
      timeout: 60_000,
      interval: 100,
    });

  it('gets one comment with its plan, and a status', async () => {
    pullRequest.head = await host.push('change', { 'apps/b.yaml': configMap('b', { v: '1' }) });
    pullRequest.number = await host.open('change');
    pullRequest.comment = await shows(/1 to create, 0 to update, 0 to prune/);
    expect(pullRequest.comment).toBeGreaterThan(0);
    await status(pullRequest.head, `headgate/plan/${host.namespace}`, 'success');
  }, 120_000);

  it('has the same comment changed by another push, and a status on the new head', async () => {
    pullRequest.head = await host.push('change', { 'apps/b.yaml': configMap('b'), 'apps/c.yaml': configMap('c') });
    expect(await shows(/2 to create, 0 to update, 0 to prune/)).toBe(pullRequest.comment);
    await status(pullRequest.head, `headgate/plan/${host.namespace}`, 'success');
  }, 120_000);

  it('gets a preview by its label, in the same comment, and loses it when it is closed', async () => {
    await host.label(pullRequest.number);
    const ready = `\\| \`${namespaceOf()}\` \\| ready at \`${pullRequest.head.slice(0, 12)}\` \\| <https://pr-${pullRequest.number}`;
    expect(await shows(new RegExp(ready))).toBe(pullRequest.comment);
    await status(pullRequest.head, `headgate/${namespaceOf()}`, 'success');
    const environment = namespaceOf();
    const deployedAs = (state: string) => `${pullRequest.head} ${state} https://pr-${pullRequest.number}.example.com`;
    if (hasDeployments) await deployments([deployedAs('success')], environment);
    await host.close(pullRequest.number);
    expect(await shows(/deleted: the pull request was closed/)).toBe(pullRequest.comment);
    if (hasDeployments) await deployments([deployedAs('inactive')], environment);
    const found = await kubectl(inject('cluster'), ['get', 'namespace', namespaceOf(), '-o', 'json']);
    const left = found.code === 0 ? (JSON.parse(found.stdout) as { metadata: { deletionTimestamp?: string } }) : null;
    expect(left === null || left.metadata.deletionTimestamp !== undefined).toBe(true);
  }, 170_000);
});
