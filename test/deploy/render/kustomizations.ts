/** One kustomization: its files, those in other directories with `../`, and the options to build it. */
export interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly loadRestrictor?: 'none';
}

const map = (name: string, value = '1', more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data:\n  value: "${value}"\n`;
const web = (name = 'web', image = 'nginx:1') =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  replicas: 1\n  selector: { matchLabels: { app: ${name} } }\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec:\n      containers:\n        - name: main\n          image: ${image}\n          envFrom:\n            - configMapRef: { name: settings }\n`;
const service = `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports: [{ port: 80 }]\n  selector: { app: web }\n`;
const crd = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: bees.x.io }\nspec:\n  group: x.io\n  names: { kind: Bee, plural: bees, singular: bee }\n  scope: Namespaced\n  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]\n`;
const crdSchema = JSON.stringify({
  'github.com/x/v1.Bee': {
    Schema: {
      properties: {
        spec: { $ref: 'github.com/x/v1.BeeSpec' },
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: {},
      },
    },
    Dependencies: [],
  },
  'github.com/x/v1.BeeSpec': {
    Schema: {
      properties: {
        settings: {
          'x-kubernetes-object-ref-api-version': 'v1',
          'x-kubernetes-object-ref-kind': 'ConfigMap',
        },
      },
    },
    Dependencies: [],
  },
});
const openapi = JSON.stringify({
  definitions: {
    'v1.Hive': {
      properties: {
        metadata: { type: 'object' },
        spec: {
          properties: {
            bees: {
              type: 'array',
              items: { type: 'object', properties: { name: { type: 'string' } } },
              'x-kubernetes-patch-merge-key': 'name',
              'x-kubernetes-patch-strategy': 'merge',
            },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'x.io', kind: 'Hive', version: 'v1' }],
    },
  },
});
const hive = (bees: string) => `apiVersion: x.io/v1\nkind: Hive\nmetadata: { name: hive }\nspec:\n  bees: ${bees}\n`;

const one = (kustomization: string, more: Readonly<Record<string, string>> = {}): Case => ({
  files: { 'kustomization.yaml': kustomization, 'web.yaml': web(), ...more },
});
const withBase = (kustomization: string, more: Readonly<Record<string, string>> = {}): Case => ({
  files: {
    'kustomization.yaml': kustomization,
    '../base/kustomization.yaml': 'resources: [web.yaml]\n',
    '../base/web.yaml': web(),
    ...more,
  },
});
const chart = (at: string, name = 'bee'): Readonly<Record<string, string>> => ({
  [`${at}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`,
  [`${at}/values.yaml`]: 'colour: blue\n',
  [`${at}/templates/a.yaml`]: map('{{ .Release.Name }}-bee', '{{ .Values.colour }}'),
});
const builtin = (kind: string, rest: string) => `apiVersion: builtin\nkind: ${kind}\nmetadata: { name: it }\n${rest}`;
const setColour = '- op: replace\n  path: /spec/replicas\n  value: 3\n';
const three = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 3 }\n`;
const target = 'target: { kind: Deployment, name: web }';

/** Every field of the kustomization file at least once, and the ways to refer to a file. */
export const CASES: Readonly<Record<string, Case>> = {
  resources: one('resources: [web.yaml]\n'),
  'resources-many': one('resources:\n  - web.yaml\n  - more/a.yaml\n  - ./b.yaml\n', {
    'more/a.yaml': map('a'),
    'b.yaml': map('b'),
  }),
  'resources-json': one('resources: [a.json]\n', {
    'a.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}',
  }),
  'resources-documents': one('resources: [all.yaml]\n', { 'all.yaml': `${map('a')}---\n${map('b')}---\n${service}` }),
  'resources-list': one('resources: [list.yaml]\n', {
    'list.yaml': `apiVersion: v1\nkind: List\nitems:\n  - ${map('a').replaceAll('\n', '\n    ').trim()}\n`,
  }),
  'name-yml': { files: { 'kustomization.yml': 'resources: [a.yaml]\n', 'a.yaml': map('a') } },
  'name-capital': { files: { Kustomization: 'resources: [a.yaml]\n', 'a.yaml': map('a') } },
  'typed-header': one(
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: { name: it }\nresources: [web.yaml]\n',
  ),
  'flow-style': one('{ resources: [web.yaml], namePrefix: p- }\n'),
  'comments-and-separator': one('# first\n---\n# second\nresources:\n  - web.yaml # the one\n'),
  'no-newline-at-end': one('resources:\n  - web.yaml'),
  'unread-neighbours': one('resources: [web.yaml]\n', { 'README.md': 'words', 'other.yaml': map('other') }),
  'base-above': withBase('resources: [../base]\nnamePrefix: dev-\n'),
  'base-below': one('resources: [base]\nnameSuffix: -x\n', {
    'base/kustomization.yaml': 'resources: [a.yaml]\n',
    'base/a.yaml': map('a'),
  }),
  'base-nested': withBase('resources: [../middle]\nnamePrefix: top-\n', {
    '../middle/kustomization.yaml': 'resources: [../base, extra.yaml]\nnameSuffix: -mid\n',
    '../middle/extra.yaml': map('extra'),
  }),
  'base-diamond': {
    files: {
      'kustomization.yaml': 'resources: [../left, ../right]\n',
      '../left/kustomization.yaml': 'resources: [../shared]\nnamePrefix: left-\n',
      '../right/kustomization.yaml': 'resources: [../shared]\nnamePrefix: right-\n',
      '../shared/kustomization.yaml': 'resources: [a.yaml]\n',
      '../shared/a.yaml': map('a'),
    },
  },
  'base-dotted': withBase('resources: [./../base/]\n'),
  bases: withBase('bases: [../base]\n'),
  components: one('resources: [web.yaml]\ncomponents: [../component]\n', {
    '../component/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{ path: p.yaml }]\nresources: [c.yaml]\n',
    '../component/p.yaml': three,
    '../component/c.yaml': map('c'),
  }),
  'components-two': one('resources: [web.yaml]\ncomponents: [../c1, ../c2]\n', {
    '../c1/kustomization.yaml': 'kind: Component\nnamePrefix: one-\n',
    '../c2/kustomization.yaml': 'kind: Component\nconfigMapGenerator: [{ name: settings, files: [f.txt] }]\n',
    '../c2/f.txt': 'words\n',
  }),
  namespace: one('namespace: elsewhere\nresources: [web.yaml]\n'),
  namePrefix: one('namePrefix: a-\nresources: [web.yaml]\n'),
  nameSuffix: one('nameSuffix: -b\nresources: [web.yaml]\n'),
  commonLabels: one('commonLabels: { team: a }\nresources: [web.yaml]\n'),
  labels: one(
    'labels: [{ pairs: { team: a }, includeSelectors: true, includeTemplates: true }]\nresources: [web.yaml]\n',
  ),
  commonAnnotations: one('commonAnnotations: { owner: me }\nresources: [web.yaml]\n'),
  images: one('images: [{ name: nginx, newName: other/nginx, newTag: "2" }]\nresources: [web.yaml]\n'),
  'images-digest': one(`images: [{ name: nginx, digest: "sha256:${'a'.repeat(64)}" }]\nresources: [web.yaml]\n`),
  imageTags: one('imageTags: [{ name: nginx, newTag: "3" }]\nresources: [web.yaml]\n'),
  replicas: one('replicas: [{ name: web, count: 5 }]\nresources: [web.yaml]\n'),
  'patches-file': one(`resources: [web.yaml]\npatches: [{ path: p.yaml }]\n`, { 'p.yaml': three }),
  'patches-inline': one(
    `resources: [web.yaml]\npatches:\n  - ${target}\n    patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: 4\n`,
  ),
  'patches-json': one(`resources: [web.yaml]\npatches: [{ path: p.json, ${target} }]\n`, {
    'p.json': '[{"op":"replace","path":"/spec/replicas","value":7}]',
  }),
  'patches-options': one(
    `resources: [web.yaml]\npatches:\n  - path: p.yaml\n    ${target}\n    options: { allowNameChange: true }\n`,
    {
      'p.yaml': three.replace('name: web', 'name: renamed'),
    },
  ),
  patchesStrategicMerge: one('resources: [web.yaml]\npatchesStrategicMerge: [p.yaml]\n', { 'p.yaml': three }),
  'patchesStrategicMerge-inline': one(
    `resources: [web.yaml]\npatchesStrategicMerge:\n  - |-\n    ${three.trim().replaceAll('\n', '\n    ')}\n`,
  ),
  patchesJson6902: one(
    'resources: [web.yaml]\npatchesJson6902: [{ path: p.yaml, target: { group: apps, version: v1, kind: Deployment, name: web } }]\n',
    { 'p.yaml': setColour },
  ),
  'configMapGenerator-files': one(
    'resources: [web.yaml]\nconfigMapGenerator: [{ name: settings, files: [a.txt, renamed=b.txt] }]\n',
    {
      'a.txt': 'a\n',
      'b.txt': 'b\n',
    },
  ),
  'configMapGenerator-envs': one('configMapGenerator: [{ name: settings, envs: [a.env] }]\nresources: [web.yaml]\n', {
    'a.env': 'A=1\nB=on\n',
  }),
  'configMapGenerator-env': one('configMapGenerator: [{ name: settings, env: a.env }]\n', { 'a.env': 'A=1\n' }),
  'configMapGenerator-literals': one(
    'configMapGenerator: [{ name: settings, literals: [a=on, "b=0123"] }]\nresources: [web.yaml]\n',
  ),
  'configMapGenerator-merge': withBase(
    'resources: [../base]\nconfigMapGenerator: [{ name: more, behavior: merge, files: [b.txt] }]\n',
    {
      '../base/kustomization.yaml': 'resources: [web.yaml]\nconfigMapGenerator: [{ name: more, files: [a.txt] }]\n',
      '../base/a.txt': 'base\n',
      'b.txt': 'overlay\n',
    },
  ),
  'configMapGenerator-binary': one('configMapGenerator: [{ name: settings, files: [a.bin] }]\n', {
    'a.bin': '\u00FF\u0000\u0001',
  }),
  secretGenerator: one('secretGenerator: [{ name: keys, files: [a.key], envs: [b.env], type: Opaque }]\n', {
    'a.key': 'k\n',
    'b.env': 'B=2\n',
  }),
  generatorOptions: one(
    'generatorOptions: { disableNameSuffixHash: true, labels: { a: b }, annotations: { c: d } }\nconfigMapGenerator: [{ name: settings, files: [a.txt], options: { immutable: true } }]\n',
    {
      'a.txt': 'a\n',
    },
  ),
  replacements: one(
    `resources: [web.yaml, a.yaml]\nreplacements:\n  - source: { kind: ConfigMap, name: a, fieldPath: data.value }\n    targets: [{ select: { kind: Deployment }, fieldPaths: [metadata.annotations.value], options: { create: true } }]\n`,
    { 'a.yaml': map('a', '9') },
  ),
  'replacements-file': one('resources: [web.yaml, a.yaml]\nreplacements: [{ path: r.yaml }]\n', {
    'a.yaml': map('a', '9'),
    'r.yaml': `source: { kind: ConfigMap, name: a, fieldPath: data.value }\ntargets: [{ select: { kind: Deployment }, fieldPaths: [metadata.annotations.value], options: { create: true } }]\n`,
  }),
  vars: one(
    'resources: [web.yaml, a.yaml]\nvars: [{ name: V, objref: { apiVersion: v1, kind: ConfigMap, name: a }, fieldref: { fieldpath: metadata.name } }]\nnamePrefix: p-\n',
    { 'a.yaml': map('a'), 'web.yaml': web().replace('name: main\n', 'name: main\n          command: ["$(V)"]\n') },
  ),
  configurations: one('resources: [bee.yaml, a.yaml]\nconfigurations: [c.yaml]\nnamePrefix: p-\n', {
    'bee.yaml': 'apiVersion: x.io/v1\nkind: Bee\nmetadata: { name: bee }\nspec: { settings: a }\n',
    'a.yaml': map('a'),
    'c.yaml': 'nameReference:\n  - kind: ConfigMap\n    fieldSpecs: [{ kind: Bee, path: spec/settings }]\n',
  }),
  crds: one('resources: [bee.yaml, a.yaml]\ncrds: [schema.json]\nnamePrefix: p-\n', {
    'bee.yaml': 'apiVersion: github.com/x/v1\nkind: Bee\nmetadata: { name: bee }\nspec: { settings: { name: a } }\n',
    'a.yaml': map('a'),
    'schema.json': crdSchema,
  }),
  'crd-as-resource': one('resources: [crd.yaml]\n', { 'crd.yaml': crd }),
  openapi: one('resources: [hive.yaml]\nopenapi: { path: o.json }\npatches: [{ path: p.yaml }]\n', {
    'hive.yaml': hive('[{ name: a, size: 1 }, { name: b, size: 1 }]'),
    'p.yaml': hive('[{ name: a, size: 9 }]'),
    'o.json': openapi,
  }),
  generators: one('generators: [g.yaml]\n', {
    'g.yaml': builtin('ConfigMapGenerator', 'files: [a.txt]\n'),
    'a.txt': 'a\n',
  }),
  'generators-inline': one(
    `generators:\n  - |-\n    ${builtin('SecretGenerator', 'envs: [a.env]').replaceAll('\n', '\n    ')}\n`,
    { 'a.env': 'A=1\n' },
  ),
  'generators-directory': one('generators: [../gen]\n', {
    '../gen/kustomization.yaml': 'resources: [g.yaml]\n',
    '../gen/g.yaml': builtin('ConfigMapGenerator', 'files: [a.txt]\n'),
    'a.txt': 'a\n',
  }),
  transformers: one('resources: [web.yaml]\ntransformers: [t.yaml]\n', {
    't.yaml': builtin('PrefixTransformer', 'prefix: t-\nfieldSpecs: [{ path: metadata/name }]\n'),
  }),
  'transformers-patch': one('resources: [web.yaml]\ntransformers: [t.yaml]\n', {
    't.yaml': builtin('PatchTransformer', `path: p.yaml\n`),
    'p.yaml': three,
  }),
  'transformers-replacement': one('resources: [web.yaml, a.yaml]\ntransformers: [t.yaml]\n', {
    'a.yaml': map('a', '9'),
    't.yaml': builtin('ReplacementTransformer', 'replacements: [{ path: r.yaml }]\n'),
    'r.yaml': `source: { kind: ConfigMap, name: a, fieldPath: data.value }\ntargets: [{ select: { kind: Deployment }, fieldPaths: [metadata.annotations.value], options: { create: true } }]\n`,
  }),
  validators: one('resources: [web.yaml]\nvalidators: [v.yaml]\n', {
    'v.yaml': builtin('LabelTransformer', 'labels: {}\nfieldSpecs: []\n'),
  }),
  'buildMetadata-origin': withBase('resources: [../base]\nbuildMetadata: [originAnnotations]\n'),
  'buildMetadata-managed': one('resources: [web.yaml]\nbuildMetadata: [managedByLabel]\n'),
  'buildMetadata-transformers': one('resources: [web.yaml]\nnamePrefix: a-\nbuildMetadata: [transformerAnnotations]\n'),
  sortOptions: one(
    'resources: [web.yaml, s.yaml]\nsortOptions: { order: legacy, legacySortOptions: { orderFirst: [Service] } }\n',
    { 's.yaml': service },
  ),
  'local-config': one('resources: [web.yaml, l.yaml]\n', {
    'l.yaml': map('l', '1', '  annotations: { config.kubernetes.io/local-config: "true" }\n'),
  }),
  'dialect-of-values': one('resources: [v.yaml]\nnamePrefix: p-\n', {
    'v.yaml':
      'apiVersion: x.io/v1\nkind: Foo\nmetadata: { name: foo }\nspec: { a: on, b: yes, c: 0o17, d: 2026-01-01, e: 017, f: 1_000, g: .5, h: 12:30:45, i: ~, j: 1e3, k: "yes", l: !!binary aGk=, m: 9007199254740993, n: NO }\n',
  }),
  'anchors-and-merges': one('resources: [v.yaml]\n', {
    'v.yaml':
      'apiVersion: x.io/v1\nkind: Foo\nmetadata: { name: foo }\nspec:\n  a: &a { x: 1 }\n  b: *a\n  c: { <<: *a, y: 2 }\n',
  }),
  'restrictor-none': {
    files: {
      'kustomization.yaml':
        'resources: [../plain/a.yaml]\nconfigMapGenerator: [{ name: s, files: [../plain/b.txt] }]\n',
      '../plain/a.yaml': map('a'),
      '../plain/b.txt': 'b\n',
    },
    loadRestrictor: 'none',
  },
  helmCharts: one('helmCharts: [{ name: bee, releaseName: rel, namespace: there }]\n', chart('charts/bee')),
  'helmCharts-values': one(
    'helmCharts: [{ name: bee, releaseName: rel, valuesFile: v.yaml, additionalValuesFiles: [w.yaml], valuesInline: { other: 1 } }]\n',
    { ...chart('charts/bee'), 'v.yaml': 'colour: red\n', 'w.yaml': 'colour: green\n' },
  ),
  helmGlobals: {
    ...one(
      'helmGlobals: { chartHome: ../vendored }\nhelmCharts: [{ name: bee, releaseName: rel, includeCRDs: true }]\n',
      { ...chart('../vendored/bee'), '../vendored/bee/crds/c.yaml': crd },
    ),
    // kustomize applies the load restrictor to the chart's own values file.
    loadRestrictor: 'none',
  },
  'helmCharts-versioned': one(
    'helmCharts: [{ name: bee, releaseName: rel, version: 1.0.0, repo: "https://charts.example.com" }]\n',
    chart('charts/bee-1.0.0/bee'),
  ),
  helmChartInflationGenerator: one(
    'helmChartInflationGenerator: [{ chartName: bee, releaseName: rel, values: v.yaml }]\n',
    {
      ...chart('charts/bee'),
      'v.yaml': 'colour: red\n',
    },
  ),
  'helmCharts-in-base': {
    files: {
      'kustomization.yaml': 'resources: [../base]\nnamePrefix: over-\n',
      '../base/kustomization.yaml': 'helmCharts: [{ name: bee, releaseName: rel }]\n',
      ...Object.fromEntries(Object.entries(chart('charts/bee')).map(([path, text]) => [`../base/${path}`, text])),
    },
  },
  'generators-helm': one('generators: [g.yaml]\n', {
    'g.yaml': builtin('HelmChartInflationGenerator', 'name: bee\nreleaseName: rel\nvaluesFile: v.yaml\n').replace(
      'name: it',
      'name: it2',
    ),
    ...chart('charts/bee'),
    'v.yaml': 'colour: red\n',
  }),
};

/** The fields of kustomize 5.8 (api/types/kustomization.go). */
export const FIELDS: readonly string[] = (
  'apiVersion kind metadata openapi namePrefix nameSuffix namespace commonLabels labels commonAnnotations patchesStrategicMerge ' +
  'patchesJson6902 patches images imageTags replacements replicas vars sortOptions resources components crds bases ' +
  'configMapGenerator secretGenerator helmGlobals helmCharts helmChartInflationGenerator generatorOptions configurations ' +
  'generators transformers validators buildMetadata'
).split(' ');
