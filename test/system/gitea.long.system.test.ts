import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { configMap } from '../rig/testbed/testbed.ts';
import { GITEA_BUILD_MS, GiteaTestbed } from './gitea-testbed.ts';

let testbed: GiteaTestbed;
let url = '';

beforeAll(async () => {
  testbed = await GiteaTestbed.start();
  url = await testbed.serve({ repository: { write: 'env:FLEET_TOKEN', record: 'refs' } });
}, GITEA_BUILD_MS);

afterAll(async () => {
  await testbed.close();
});

/** Gitea calls the state of a status `status`. */
const Statuses = z.array(z.object({ context: z.string(), status: z.string(), description: z.string() }));

async function statusesOf(revision: string) {
  return z.parse(Statuses, await testbed.gitea.api('GET', `/repos/robot/fleet/commits/${revision}/statuses`));
}

describe('a real Gitea', () => {
  it('gets its webhook from headgate connect, before the first push', async () => {
    const { code, stdout, stderr } = await testbed.headgate('connect', 'fleet', '--url', url, '--yes');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('will create a webhook on robot/fleet');
    expect(stdout).toContain('webhook 1 is registered, and the next push tests it, because the host sent no ping');
    expect(stdout).toContain('repository is empty');
    expect(await testbed.gitea.api('GET', '/repos/robot/fleet/hooks')).toMatchObject([
      {
        type: 'gitea',
        active: true,
        config: { url: `${url}/webhooks/fleet`, content_type: 'json' },
        events: expect.arrayContaining(['push', 'delete']) as string[],
      },
    ]);
  });

  it('has its pushes deployed, and shows the outcome on the commit', async () => {
    const revision = await testbed.push('main', { 'apps/web.yaml': configMap('web', { color: 'blue' }) });
    const outcome = await testbed.logged((line) => line['revision'] === revision && line['verdict'] !== undefined);
    expect(outcome).toMatchObject({ verdict: 'deployed', created: 1, errors: [] });
    await vi.waitFor(
      async () => {
        expect(await statusesOf(revision)).toContainEqual({
          context: `headgate/${testbed.namespace}`,
          status: 'success',
          description: expect.stringMatching(/^1 created, ready in \d+\.\d s$/) as string,
        });
      },
      { timeout: 20_000, interval: 200 },
    );
    const { stdout } = await kubectl(inject('cluster'), [
      '-n',
      testbed.namespace,
      'get',
      'configmap',
      'web',
      '-o',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ data: { color: 'blue' } });
  });

  it('takes the ref and the note that record where the target is', async () => {
    const revision = await testbed.git('rev-parse', 'HEAD');
    await vi.waitFor(
      async () => {
        await testbed.git(
          'fetch',
          '-q',
          'origin',
          '+refs/headgate/*:refs/headgate/*',
          '+refs/notes/headgate/*:refs/notes/headgate/*',
        );
        expect(await testbed.git('rev-parse', `refs/headgate/${testbed.namespace}`)).toBe(revision);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(await testbed.git('notes', `--ref=headgate/${testbed.namespace}`, 'show', revision)).toMatch(
      /^ready .*: 1 created/,
    );
    expect(testbed.log.filter(({ message }) => message === 'not-recorded')).toEqual([]);
  });

  it('has its tags and deleted branches ignored', async () => {
    await testbed.git('push', '-q', 'origin', 'HEAD:refs/heads/next', 'HEAD:refs/tags/v1');
    await testbed.git('push', '-q', 'origin', ':refs/heads/next');
    const deleted = await testbed.logged(({ reason }) => reason === 'branch "next" was deleted');
    expect(deleted).toMatchObject({ message: 'receive', status: 200 });
    const tag = await testbed.logged(({ reason }) => reason === 'the ref is a tag, and targets follow branches');
    expect(tag).toMatchObject({ message: 'receive', status: 200 });
    const refused = testbed.log.filter(({ message, status }) => message === 'receive' && Number(status) >= 400);
    expect(refused).toEqual([]);
  });

  it('is found well by headgate doctor, which writes no status', async () => {
    const { stdout } = await testbed.headgate('doctor', '--output', 'json');
    const found = z.parse(
      z.array(z.object({ kind: z.string(), ok: z.boolean(), detail: z.string() })),
      JSON.parse(stdout),
    );
    expect(found).toContainEqual({
      kind: 'webhook',
      ok: true,
      detail: expect.stringContaining('its deliveries are listed only in the settings of the repository') as string,
    });
    expect(found).toContainEqual({ kind: 'statuses', ok: true, detail: 'can be written' });
  });
});
