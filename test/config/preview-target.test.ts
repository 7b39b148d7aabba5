import { expect, it } from 'vitest';
import { previewTarget, previewUrl } from '../../src/config/templates/preview-target.ts';
import { configOf, file } from './builders.ts';

const HEAD = { number: 12, branch: 'Feature/New UI', sha: 'c'.repeat(40) };

function aPreview(more: object) {
  const repository =
    'host: github\n    url: https://github.com/acme/fleet.git\n    webhookSecret: env:S\n    credentials: env:T';
  const written = {
    name: 'shop-pr-{{number}}',
    repository: 'fleet',
    pullRequest: { label: 'preview', into: 'main' },
    path: 'apps/shop',
    cluster: 'lab',
    namespace: 'shop-preview-{{number}}',
    ...more,
  };
  const [found] = configOf(file({ repository, end: `key: env:KEY\npreviews: ${JSON.stringify([written])}` })).previews;
  if (found === undefined) throw new Error('no preview');
  return found;
}

it('is a target of the head of its pull request, in one namespace, whose variables alone are filled in', () => {
  const substitute = { variables: { SHA: 'v-{{sha}}', NUMBER: '{{number}}', BRANCH: '{{ branch }}', REGION: 'eu' } };
  expect(previewTarget(aPreview({ substitute, helm: { set: { tag: '${SHA}' } } }), HEAD)).toMatchObject({
    name: 'shop-pr-12',
    namespace: 'shop-preview-12',
    namespaces: ['shop-preview-12'],
    path: 'apps/shop',
    branch: 'Feature/New UI',
    ref: 'refs/heads/Feature/New UI',
    variables: { SHA: `v-${'c'.repeat(40)}`, NUMBER: '12', BRANCH: 'feature-new-ui', REGION: 'eu' },
    helm: { set: { tag: '${SHA}' } },
    clusterScoped: false,
    createNamespace: false,
    decryption: null,
    generatedFrom: null,
  });
});

it('substitutes nothing unless variables are written, and has the address that is written', () => {
  expect(previewTarget(aPreview({}), HEAD).variables).toBeNull();
  expect(previewUrl(aPreview({}), HEAD)).toBeNull();
  expect(previewUrl(aPreview({ url: 'https://{{branch}}-{{number}}.example.com' }), HEAD)).toBe(
    'https://feature-new-ui-12.example.com',
  );
});
