import { expect, it } from 'vitest';
import { formatConfig } from '../../../src/cli/init/format-config.ts';
import type { FoundTarget } from '../../../src/cli/init/find-targets.ts';
import { asHttps } from '../../../src/cli/init/names.ts';
import { configOf } from '../../config/builders.ts';

const target = (path: string, more: Partial<FoundTarget> = {}): FoundTarget => ({
  path,
  renderer: 'plain',
  namespace: null,
  namespaces: [],
  isClusterScoped: false,
  exclude: [],
  ...more,
});

it.each(['github', 'git'])('writes a headgate.yml that is valid, for a repository on %s', (host) => {
  const text = formatConfig({
    repository: { name: 'fleet', host, url: 'https://github.com/acme/fleet.git' },
    cluster: { name: 'lab', kubeconfig: '/home/ada/my config', context: 'admin@lab: eu' },
    branch: 'main',
    namespace: 'default',
    targets: [
      target(''),
      target('clusters/prod', {
        namespace: 'shop',
        namespaces: ['shop'],
        isClusterScoped: true,
        exclude: ['overlay/**'],
      }),
      target('apps/a-very-long-name-of-a-folder/overlays/Production', { namespaces: ['a', 'b'] }),
    ],
  });
  const { targets, clusters, warnings } = configOf(text);
  expect(warnings).toEqual([]);
  expect(clusters.get('lab')).toMatchObject({ path: '/home/ada/my config', context: 'admin@lab: eu' });
  expect(targets).toMatchObject([
    { name: 'fleet', path: '', namespace: 'default' },
    { name: 'clusters-prod', namespace: 'shop', clusterScoped: true, exclude: [{ glob: 'overlay/**' }] },
    { name: 'ong-name-of-a-folder-overlays-production', namespace: 'default' },
  ]);
});

it.each([
  ['git@github.com:acme/fleet.git', 'https://github.com/acme/fleet.git'],
  ['ssh://git@git.example.com:2222/acme/fleet.git', 'https://git.example.com/acme/fleet.git'],
  ['https://ada:planted@github.com/acme/fleet.git', 'https://github.com/acme/fleet.git'],
  ['http://127.0.0.1:3000/acme/fleet.git', 'http://127.0.0.1:3000/acme/fleet.git'],
])('reads the remote %s as a URL without a user', (remote, url) => {
  expect(asHttps(remote)).toBe(url);
});
