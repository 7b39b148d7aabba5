import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { headgate } from './headgate.ts';

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function brokenSetup() {
  const port = await closedPort();
  return {
    'headgate.yml': `clusters:
  lab: { kubeconfig: { path: kubeconfig } }
  gone: { kubeconfig: { path: absent } }
repositories:
  fleet:
    host: github
    url: http://127.0.0.1:${port}/acme/fleet.git
    webhookSecret: [env:HOOK, file:hook.old]
    credentials: env:FLEET_TOKEN
targets:
  - { name: shop-prod, repository: fleet, branch: main, cluster: lab, namespace: shop }
`,
    'hook.old': 'old-s3cret\n',
    kubeconfig: `{ apiVersion: v1, kind: Config, contexts: [{ name: lab, context: { cluster: lab, user: ada } }], clusters: [{ name: lab, cluster: { server: "https://127.0.0.1:${port}" } }], users: [{ name: ada, user: { token: kube-s3cret } }] }`,
  };
}

const answer = z.array(
  z.object({ kind: z.string(), name: z.string(), ok: z.boolean(), detail: z.string(), remedy: z.string().nullable() }),
);

describe('headgate check', () => {
  it('fails and reports every secret, repository and cluster that it cannot access', async () => {
    const { code, stdout, stderr } = await headgate(['check', '--output', 'json'], {
      files: await brokenSetup(),
      env: { HOOK: 'hook-s3cret' },
    });
    expect(code).toBe(1);
    const found = answer.parse(JSON.parse(stdout));
    const results = found.map(({ kind, name, ok }) => [kind, name.replace(/file:.*\//, 'file:…/'), ok]);
    expect(results).toEqual([
      ['config', 'headgate.yml', true],
      ['secret', 'env:HOOK', true],
      ['secret', 'file:…/hook.old', true],
      ['secret', 'env:FLEET_TOKEN', false],
      ['repository', 'fleet', false],
      ['cluster', 'lab', false],
      ['cluster', 'gone', false],
    ]);
    expect(found.filter(({ ok, remedy }) => ok === (remedy !== null))).toEqual([]);
    expect(`${stdout}${stderr}`).not.toContain('s3cret');
  });

  it('prints a table with the remedies below it', async () => {
    const { code, stdout } = await headgate(['check'], {
      files: await brokenSetup(),
      env: { HOOK: 'hook-s3cret', FLEET_TOKEN: '' },
    });
    expect(code).toBe(1);
    const [header, config, secret] = stdout.split('\n');
    expect(header).toMatch(/^KIND +NAME +RESULT +DETAIL$/);
    expect(config).toMatch(/^config +headgate\.yml +ok +targets: 1, repositories: 1, clusters: 2$/);
    expect(secret).toMatch(/^secret +env:HOOK +ok +found$/);
    expect(stdout).toMatch(/^secret +env:FLEET_TOKEN +FAILED +the secret env:FLEET_TOKEN is empty$/m);
    expect(stdout).toMatch(/^remedy: env:FLEET_TOKEN: Set the secret/m);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('s3cret');
  });
});
