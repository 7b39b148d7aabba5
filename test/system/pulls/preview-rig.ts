import { vi } from 'vitest';
import type { StoredPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from './pull-rig.ts';

export const PREVIEW = {
  name: 'NAMESPACE-pr-{{number}}',
  repository: 'fleet',
  pullRequest: { label: 'preview', into: 'main' },
  path: 'preview',
  cluster: 'lab',
  namespace: 'NAMESPACE-pr-{{number}}',
  substitute: { variables: { NUMBER: '{{number}}', SHA: '{{sha}}', BRANCH: '{{branch}}' } },
};

const DEPLOYMENT = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
  },
});

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { headgate.dev/wave: "1" } }
spec:
  tls: [{ hosts: ["pr-\${NUMBER}.example.com"] }]
  rules:
    - host: "pr-\${NUMBER}.example.com"
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

export const FILES = {
  'preview/web.json': DEPLOYMENT,
  'preview/ingress.yaml': INGRESS,
  'preview/settings.yaml': configMap('settings', { number: '${NUMBER}', sha: '${SHA}', branch: '${BRANCH}' }),
};

/** Pull requests with previews. */
export class PreviewRig extends PullRig {
  namespaceOf({ number }: Pick<StoredPullRequest, 'number'>): string {
    return `${this.testbed.namespace}-pr-${number}`;
  }

  async settings(pullRequest: StoredPullRequest): Promise<unknown> {
    const at = ['-n', this.namespaceOf(pullRequest), 'get', 'configmap', 'settings', '-o', 'json'];
    return (JSON.parse(await this.testbed.kubectl(...at)) as { data: unknown }).data;
  }

  /** A deleted one may still be emptied. */
  async existence(pullRequest: Pick<StoredPullRequest, 'number'>): Promise<'active' | 'deleted'> {
    const at = ['get', 'namespace', this.namespaceOf(pullRequest), '--ignore-not-found', '-o', 'json'];
    const text = await this.testbed.kubectl(...at);
    if (text === '') return 'deleted';
    const { metadata } = JSON.parse(text) as { metadata: { deletionTimestamp?: string } };
    return metadata.deletionTimestamp === undefined ? 'active' : 'deleted';
  }

  /** Waits until the only comment shows this of the preview, and returns the comment. */
  async shows(pullRequest: StoredPullRequest, text: string): Promise<string> {
    return vi.waitFor(
      () => {
        const body = this.only(pullRequest);
        const name = this.namespaceOf(pullRequest);
        if (!body.includes(`| \`${name}\` | ${text}`))
          throw new Error(`${body}\n${JSON.stringify(this.testbed.log.slice(-6), null, 1)}`);
        return body;
      },
      { timeout: 40_000, interval: 50 },
    );
  }

  async deleted(pullRequest: StoredPullRequest): Promise<void> {
    await vi.waitFor(
      async () => {
        if ((await this.existence(pullRequest)) !== 'deleted') throw new Error('it still exists');
      },
      { timeout: 40_000, interval: 100 },
    );
  }

  status({ head, number }: StoredPullRequest): string {
    const context = `headgate/${this.namespaceOf({ number })}`;
    const newest = this.testbed.host.statusesOf(head).findLast((each) => each.context === context);
    return newest === undefined ? 'none' : `${newest.state}: ${newest.description}`;
  }

  /** Those of the host for this environment, oldest first: the commit and the newest state. */
  deployments({ number }: Pick<StoredPullRequest, 'number'>): readonly string[] {
    const named = this.testbed.host.deployments.filter(
      ({ environment }) => environment === this.namespaceOf({ number }),
    );
    return named.map(({ sha, statuses }) => `${sha.slice(0, 12)} ${statuses.at(-1)?.state ?? 'none'}`);
  }

  environment({ number }: Pick<StoredPullRequest, 'number'>) {
    return this.testbed.host.deployments.findLast(({ environment }) => environment === this.namespaceOf({ number }));
  }

  async removeAll(): Promise<void> {
    const names = [...this.pulls.all, { number: 99 }].map((each) => this.namespaceOf(each));
    await this.testbed.kubectl('delete', 'namespace', ...names, '--wait=false', '--ignore-not-found');
  }
}
