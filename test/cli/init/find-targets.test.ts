import { describe, expect, it } from 'vitest';
import { findTargets } from '../../../src/cli/init/find-targets.ts';

const manifest = (kind: string, more = '') => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: a${more} }\n`;
const found = (files: Readonly<Record<string, string>>) =>
  findTargets(new Map(Object.entries(files))).targets.map(({ path, renderer }) => `${path} ${renderer}`);

describe('the targets that headgate init finds', () => {
  it('are the overlays of a kustomize layout, and not their bases', () => {
    expect(
      found({
        'base/kustomization.yaml': 'resources: [web.yaml]',
        'base/web.yaml': manifest('Service'),
        'components/tls/kustomization.yaml': 'kind: Component',
        'overlays/prod/kustomization.yaml': 'resources: [../../base]\ncomponents: [../../components/tls]',
        'overlays/lab/kustomization.yml': 'resources: [../../base/]',
      }),
    ).toEqual(['overlays/lab kustomize', 'overlays/prod kustomize']);
  });

  it('are charts as a whole, without the charts inside them', () => {
    expect(
      found({
        'charts/web/Chart.yaml': 'name: web',
        'charts/web/templates/a.yaml': manifest('Service'),
        'charts/web/charts/redis/Chart.yaml': 'name: redis',
      }),
    ).toEqual(['charts/web helm']);
  });

  it('are the highest folders of plain manifests that hold nothing to render', () => {
    expect(
      found({
        'apps/a/web.yaml': manifest('Service'),
        'apps/b/web.yaml': manifest('Service'),
        'infra/ns.yaml': manifest('Namespace'),
        'infra/overlay/kustomization.yaml': 'resources: []',
        '.github/workflows/ci.yaml': manifest('Service'),
        'values.yaml': 'a: 1',
      }),
    ).toEqual(['apps plain', 'infra plain', 'infra/overlay kustomize']);
  });

  it('exclude what is below them and is rendered by others, or is not a manifest', () => {
    const files = {
      'infra/ns.yaml': manifest('Namespace'),
      'infra/values.yaml': 'a: 1',
      'infra/overlay/kustomization.yaml': 'resources: []',
    };
    const { targets } = findTargets(new Map(Object.entries(files)));
    expect(targets.find(({ path }) => path === 'infra')?.exclude).toEqual(['overlay/**', 'values.yaml']);
  });

  it('have the namespaces that their files name, and objects without one', () => {
    const files = {
      'a/x.yaml': `${manifest('Namespace')}---\n${manifest('Service', ', namespace: shop')}`,
      'b/kustomization.yaml': 'namespace: blog',
      'c/x.yaml': `${manifest('Service', ', namespace: shop')}---\n${manifest('Service', ', namespace: jobs')}`,
    };
    expect(findTargets(new Map(Object.entries(files))).targets).toMatchObject([
      { path: 'a', namespace: 'shop', isClusterScoped: true },
      { path: 'b', namespace: 'blog', isClusterScoped: false },
      { path: 'c', namespace: null, namespaces: ['jobs', 'shop'] },
    ]);
  });

  it('leave out the objects of Flux and Argo CD, and name them', () => {
    const files = {
      'clusters/prod/apps.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: a }',
      'argo/app.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: a }',
    };
    expect(findTargets(new Map(Object.entries(files)))).toEqual({
      targets: [],
      foreign: [
        'clusters/prod/apps.yaml: Kustomization (kustomize.toolkit.fluxcd.io/v1)',
        'argo/app.yaml: Application (argoproj.io/v1alpha1)',
      ],
    });
  });

  it('is the root for a repository with manifests at its root', () => {
    expect(found({ 'web.yaml': manifest('Service'), 'broken.yaml': '{' })).toEqual([' plain']);
  });
});
