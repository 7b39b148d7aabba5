import { describe, expect, it } from 'vitest';
import { DIGEST, edited, sought } from './edit.ts';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      initContainers:
        - { name: migrate, image: ghcr.io/acme/web:1.2.0 }
      containers:
        - name: web # ghcr.io/acme/web:1.2.0
          image: ghcr.io/acme/web:1.2.0   # the release
        - name: sidecar
          image: ghcr.io/acme/web-proxy:1.2.0
`;

describe('references without markers', () => {
  it('sets the image of every container of a manifest, and leaves other images and comments', () => {
    expect(edited(DEPLOYMENT)).toBe(
      DEPLOYMENT.replace('image: ghcr.io/acme/web:1.2.0 }', 'image: ghcr.io/acme/web:1.3.0 }').replace(
        'image: ghcr.io/acme/web:1.2.0   #',
        'image: ghcr.io/acme/web:1.3.0   #',
      ),
    );
  });

  it.each([
    [
      'a CronJob',
      'apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: "IMAGE"}]}}}}}\n',
    ],
    [
      'a Pod in a List',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    ephemeralContainers:\n    - image: IMAGE\n',
    ],
    [
      'a custom resource with a pod template',
      'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  template:\n    spec:\n      containers:\n      - image: IMAGE\n',
    ],
    [
      'an image volume',
      'apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - name: a\n    image:\n      reference: IMAGE\n      pullPolicy: Always\n',
    ],
    [
      'a second document',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: IMAGE\n',
    ],
    ['values of Helm', 'image: IMAGE\n'],
    ['values of Helm below another key', 'backend:\n  sidecarImage: "IMAGE"\n'],
    [
      'values in a HelmRelease',
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image: IMAGE\n',
    ],
    ['values in a kustomization', 'helmCharts:\n- name: web\n  valuesInline:\n    image: IMAGE\n'],
    ['JSON', '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","image":"IMAGE"}]}}'],
  ])('finds the image in %s', (_, file) => {
    expect(edited(file.replace('IMAGE', 'ghcr.io/acme/web:1.2.0'))).toBe(
      file.replace('IMAGE', 'ghcr.io/acme/web:1.3.0'),
    );
  });

  it.each([
    ['another registry', 'quay.io/acme/web:1.2.0'],
    ['a longer name', 'ghcr.io/acme/web-api:1.2.0'],
    ['no tag', 'ghcr.io/acme/web'],
    ['a variable as its tag', 'ghcr.io/acme/web:${TAG}'],
    ['another folder', 'ghcr.io/acme/x/web:1.2.0'],
  ])('leaves an image that has %s', (_, image) => {
    const file = `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: "${image}"\n`;
    expect(edited(file)).toBe(file);
  });

  it('leaves image of a manifest outside of its containers', () => {
    const file = 'apiVersion: example.com/v1\nkind: Widget\nspec:\n  image: ghcr.io/acme/web:1.2.0\n';
    expect(edited(file)).toBe(file);
  });

  it('sets the fields of a custom resource that are listed, as a reference or in parts', () => {
    const file =
      'apiVersion: example.com/v1\nkind: Widget\nspec:\n  image: ghcr.io/acme/web:1.2.0\n  other:\n    repository: ghcr.io/acme/web\n    tag: 1.2.0\n';
    const image = sought('web', 'ghcr.io/acme/web', [
      { kind: 'Widget', path: '/spec/image' },
      { kind: 'Widget', path: '/spec/other' },
      { kind: 'Gadget', path: '/metadata' },
    ]);
    expect(edited(file, {}, image)).toBe(file.replaceAll('1.2.0', '1.3.0'));
  });

  it('takes the short names of Docker Hub for the same image', () => {
    const nginx = sought('nginx', 'docker.io/library/nginx');
    const file = (tag: string) =>
      `image: nginx:${tag}\nproxyImage: docker.io/nginx:${tag}\ntestImage: index.docker.io/library/nginx:${tag}\n`;
    expect(edited(file('1.27'), { tag: '1.28' }, nginx)).toBe(file('1.28'));
  });

  it('edits the anchor that an alias refers to, once', () => {
    const file =
      'apiVersion: v1\nkind: Pod\nx: &image ghcr.io/acme/web:1.2.0\nspec:\n  containers:\n  - image: *image\n  - image: *image\n';
    expect(edited(file)).toBe(file.replace('1.2.0', '1.3.0'));
  });

  it('finds an image that is merged into a container', () => {
    const file =
      'apiVersion: v1\nkind: Pod\nx: &base\n  image: ghcr.io/acme/web:1.2.0\nspec:\n  containers:\n  - <<: *base\n    name: web\n';
    expect(edited(file)).toBe(file.replace('1.2.0', '1.3.0'));
  });
});

describe('an entry of images in a kustomization', () => {
  const file = (entry: string) => `kind: Kustomization\nimages:\n- ${entry}\n`;
  it.each([
    ['gets its newTag', '{ name: ghcr.io/acme/web, newTag: 1.2.0 }', '{ name: ghcr.io/acme/web, newTag: 1.3.0 }'],
    [
      'is found by its newName',
      '{ name: app, newName: ghcr.io/acme/web, newTag: 1.2.0 }',
      '{ name: app, newName: ghcr.io/acme/web, newTag: 1.3.0 }',
    ],
    [
      'sets a digest that is there',
      `{ name: ghcr.io/acme/web, digest: "sha256:${'0'.repeat(64)}" }`,
      `{ name: ghcr.io/acme/web, digest: "${DIGEST}" }`,
    ],
    [
      'sets both',
      `{ name: ghcr.io/acme/web, newTag: 1.2.0, digest: sha256:${'0'.repeat(64)} }`,
      `{ name: ghcr.io/acme/web, newTag: 1.3.0, digest: ${DIGEST} }`,
    ],
    [
      'leaves an image that is renamed to another',
      '{ name: ghcr.io/acme/web, newName: mirror/web, newTag: 1.2.0 }',
      '{ name: ghcr.io/acme/web, newName: mirror/web, newTag: 1.2.0 }',
    ],
    ['leaves an entry without a version', '{ name: ghcr.io/acme/web }', '{ name: ghcr.io/acme/web }'],
  ])('%s', (_, before, after) => {
    expect(edited(file(before))).toBe(file(after));
  });
});

describe('values of Helm', () => {
  it.each([
    ['repository and tag', 'image:\n  repository: ghcr.io/acme/web\n  tag: TAG\n'],
    ['registry, repository and tag', 'web:\n  image: { registry: ghcr.io, repository: acme/web, tag: TAG }\n'],
    ['name and tag', 'image:\n  name: ghcr.io/acme/web\n  tag: TAG\n'],
    [
      'images by name',
      'images:\n  web:\n    repository: ghcr.io/acme/web\n    tag: TAG\n  api:\n    repository: ghcr.io/acme/api\n    tag: 1.2.0\n',
    ],
  ])('sets the tag beside %s', (_, file) => {
    expect(edited(file.replace('TAG', '1.2.0'))).toBe(file.replace('TAG', '1.3.0'));
  });

  it('leaves an empty tag, with which the chart chooses', () => {
    const file = 'image:\n  repository: ghcr.io/acme/web\n  tag: ""\n';
    expect(edited(file)).toBe(file);
  });

  it('sets the digest beside the tag', () => {
    const file = (tag: string, digest: string) =>
      `image:\n  repository: ghcr.io/acme/web\n  tag: ${tag}\n  digest: ${digest}\n`;
    expect(edited(file('stable', `sha256:${'0'.repeat(64)}`), { tag: 'stable', isPinned: true })).toBe(
      file('stable', DIGEST),
    );
  });
});

describe('markers of Flux', () => {
  it('sets what each marker names, whatever its namespace', () => {
    const file = (values: readonly [string, string, string]) => `spec:
  image: ${values[0]} # {"$imagepolicy": "flux-system:web"}
  name: ghcr.io/acme/web # {"$imagepolicy": "other:web:name"}
  tag: ${values[1]} # {"$imagepolicy": "flux-system:web:tag"}
  digest: ${values[2]} # {"$imagepolicy": "flux-system:web:digest"}
  image2: quay.io/acme/api:1.2.0 # {"$imagepolicy": "flux-system:api"}
`;
    expect(edited(file(['ghcr.io/acme/web:1.2.0', '1.2.0', 'none']))).toBe(
      file(['ghcr.io/acme/web:1.3.0', '1.3.0', DIGEST]),
    );
  });

  it('leaves what has no marker once an image has one', () => {
    const file = 'image: ghcr.io/acme/web:1.2.0\nbackendImage: ghcr.io/acme/web:1.2.0 # {"$imagepolicy": "a:web"}\n';
    expect(edited(file)).toBe(file.replace('1.2.0 #', '1.3.0 #'));
  });

  it('replaces another image by the one of the marker', () => {
    expect(edited('a: old.example.com/web:1 # {"$imagepolicy": "a:web"}\n')).toBe(
      'a: ghcr.io/acme/web:1.3.0 # {"$imagepolicy": "a:web"}\n',
    );
  });

  it('takes a marker behind the end of a flow map for no marker', () => {
    const file = '{"image": "ghcr.io/acme/web:1.2.0"} # {"$imagepolicy": "a:web"}\n';
    expect(edited(file)).toBe(file);
  });

  it('writes the digest into the tag, unless it has its own place', () => {
    const alone = 'tag: stable # {"$imagepolicy": "a:web:tag"}\n';
    expect(edited(alone, { tag: 'stable', isPinned: true })).toBe(alone.replace('stable', `"stable@${DIGEST}"`));
    const beside = 'tag: stable # {"$imagepolicy": "a:web:tag"}\ndigest: x # {"$imagepolicy": "a:web:digest"}\n';
    expect(edited(beside, { tag: 'stable', isPinned: true })).toBe(beside.replace('x #', `${DIGEST} #`));
  });
});

describe('the digest of a reference to an image', () => {
  it.each([
    ['follows the tag where one is written', 'ghcr.io/acme/web:1.2.0@OLD', false, 'ghcr.io/acme/web:1.3.0@NEW'],
    ['stays alone', 'ghcr.io/acme/web@OLD', false, 'ghcr.io/acme/web@NEW'],
    ['is added when the policy pins it', 'ghcr.io/acme/web:1.2.0', true, 'ghcr.io/acme/web:1.3.0@NEW'],
  ])('%s', (_, before, isPinned, after) => {
    const withDigest = (text: string) =>
      `image: ${text.replace('OLD', `sha256:${'0'.repeat(64)}`).replace('NEW', DIGEST)}\n`;
    expect(edited(withDigest(before), { isPinned })).toBe(withDigest(after));
  });
});

describe('files that cannot be read', () => {
  it('skips a template of Helm, and names the line', () => {
    const file =
      'apiVersion: v1\nkind: Pod\nspec:\n  {{- if .Values.web }}\n  containers:\n  - image: ghcr.io/acme/web:1.2.0\n  {{- end }}\n';
    expect(edited(file)).toMatch(/^skipped: it is not valid YAML at line \d+, as a template of Helm is not$/);
  });

  it('skips a file that is nested too deeply', () => {
    const file = `image: ghcr.io/acme/web:1.2.0\na: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`;
    expect(edited(file)).toMatch(/^skipped: /);
  });

  it('skips a file with more tokens than fit into memory', () => {
    expect(edited(`image: ghcr.io/acme/web:1.2.0\na: [${','.repeat(700_000)}]\n`)).toBe(
      'skipped: it has more than 600,000 tokens of YAML, so split it',
    );
  });

  it.each([
    [
      'merge each other in many ways',
      (count: number) =>
        Array.from({ length: count }, (_, index) => `k${index}: &m${index} {<<: [*m${index - 1}, *m${index - 1}]}`),
      200,
    ],
    [
      'merge one large map each',
      (count: number) => Array.from({ length: count }, (_, index) => `k${index}: {<<: *large}`),
      2000,
    ],
  ])('reads or skips a file whose maps %s', (_, maps, count) => {
    const large = Array.from({ length: 2000 }, (_each, index) => `a${index}: 1`).join(', ');
    const text = `large: &large {${large}}\nfirst: &m-1 {a: 1}\n${maps(count).join('\n')}\nimage: ghcr.io/acme/web:1.2.0\n`;
    expect(edited(text)).toMatch(/web:1\.3\.0\n$|^skipped: its maps merge too many others$/);
  });

  it('does not parse a file that names no image', () => {
    expect(edited('{{ not yaml')).toBe('{{ not yaml');
  });
});
