import type { KeyReference } from './key-reference.ts';

const OWN: readonly KeyReference[] = [
  {
    key: 'previews',
    type: 'list of previews',
    meaning:
      'Deploys every open pull request with a label to a namespace that is created for it (docs/previews.md). headgate http-host does not do this yet.',
    example:
      'previews: [{ name: "shop-pr-{{number}}", repository: fleet, pullRequest: { label: preview, into: main }, path: apps/shop, cluster: lab, namespace: "shop-pr-{{number}}" }]',
  },
  {
    key: 'previews.name',
    type: 'up to 33 lowercase letters, digits and dashes, and {{number}}',
    note: 'required',
    meaning: 'The name of the targets. {{number}} is the number of the pull request.',
    example: 'name: "shop-pr-{{number}}"',
  },
  {
    key: 'previews.repository',
    type: 'name of a repository',
    note: 'required',
    meaning: 'The entry of repositories whose pull requests are deployed. It needs credentials.',
    example: 'repository: fleet',
  },
  {
    key: 'previews.pullRequest',
    type: 'map',
    note: 'required',
    meaning: 'Which pull requests are deployed. Those of forks never are.',
    example: 'pullRequest: { label: preview, into: main }',
  },
  {
    key: 'previews.pullRequest.label',
    type: 'text',
    note: 'required',
    meaning: 'The label that a pull request needs. Removing it deletes the preview.',
    example: 'label: preview',
  },
  {
    key: 'previews.pullRequest.into',
    type: 'branch',
    note: 'required',
    meaning: 'The branch that the pull request is to be merged into.',
    example: 'into: main',
  },
  {
    key: 'previews.path',
    type: 'path from the root of the repository',
    note: 'without it: the root',
    meaning: 'The directory that is deployed, at the head of the pull request.',
    example: 'path: apps/shop/preview',
  },
  {
    key: 'previews.namespace',
    type: 'up to 56 lowercase letters, digits and dashes, and {{number}}',
    note: 'required',
    meaning:
      'The namespace, which is created and deleted with the preview. No target may deploy to a namespace of this form.',
    example: 'namespace: "shop-pr-{{number}}"',
  },
  {
    key: 'previews.ttl',
    type: 'time such as 3d or 12h, up to 90 days',
    default: '3d',
    meaning: 'How long after the last push a preview is deleted. Another push brings it back.',
    example: 'ttl: 12h',
  },
  {
    key: 'previews.limit',
    type: 'integer from 1 to 100',
    default: '10',
    meaning: 'How many previews there are at a time. Further pull requests wait until there is room.',
    example: 'limit: 5',
  },
  {
    key: 'previews.url',
    type: 'URL, with {{number}}, {{branch}} and {{sha}}',
    note: 'without it: read from the Ingress, the HTTPRoute or the Service of type LoadBalancer',
    meaning: 'The address that the comment on the pull request shows. {{branch}} is made safe for a host name.',
    example: 'url: "https://pr-{{number}}.shop.example.com"',
  },
  {
    key: 'previews.substitute.variables',
    type: 'map of text, numbers, true or false',
    note: 'required',
    meaning:
      'The variables by their name. {{number}}, {{branch}} and {{sha}} are replaced here, but not in files of the repository.',
    example: 'variables: { TAG: "{{sha}}" }',
  },
];

const SHARED: ReadonlySet<string> = new Set([
  'cluster',
  'serviceAccount',
  'kustomize',
  'helm',
  'substitute',
  'wait',
  'notify',
]);

/** What previews have in common with targets means the same. */
export function previewKeys(targets: readonly KeyReference[]): readonly KeyReference[] {
  const own = new Set(OWN.map(({ key }) => key));
  const shared = targets.flatMap((reference) => {
    const [, name = '', ...inner] = reference.key.split('.');
    const key = ['previews', name, ...inner].join('.');
    return SHARED.has(name) && !own.has(key) ? [{ ...reference, key }] : [];
  });
  const all = [...OWN, ...shared];
  const order = all.map(({ key }) => key);
  // Keys inside a map follow the map.
  return all.toSorted(
    (a, b) => rankOf(a.key, order) - rankOf(b.key, order) || order.indexOf(a.key) - order.indexOf(b.key),
  );
}

function rankOf(key: string, order: readonly string[]): number {
  return order.indexOf(key.split('.').slice(0, 2).join('.'));
}

/** Is it the key of previews that has the name and the meaning of one of these keys of targets? */
export function isSharedKey(key: string, among: readonly { readonly key: string }[]): boolean {
  return key.startsWith('previews.') && among.some((other) => other.key === key.replace('previews.', 'targets.'));
}
