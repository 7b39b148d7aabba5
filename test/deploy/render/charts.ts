/** One chart at `chart/` of its own directory, and the settings of its target. */
export interface ChartCase {
  readonly files: Readonly<Record<string, string>>;
  /** As in headgate.yml, next to `chart`. */
  readonly values?: readonly string[];
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  /** The equivalent arguments of `helm template`. */
  readonly args?: readonly string[];
}

const map = (name: string, value = '1', more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data:\n  value: ${value}\n`;
const meta = (name: string, more = '') => `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n${more}`;
const chart = (files: Readonly<Record<string, string>>, more = ''): ChartCase => ({
  files: {
    'chart/Chart.yaml': meta('main', more),
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`chart/${path}`, text])),
  },
});
const hook = (name: string, events: string, weight = '0') =>
  map(name, '1', `  annotations: { helm.sh/hook: "${events}", helm.sh/hook-weight: "${weight}" }\n`);
const crd =
  'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: bees.x.io }\nspec: { group: x.io }\n';
const dependency = (name: string, more = '') =>
  `dependencies:\n  - { name: ${name}, version: 1.0.0, repository: ""${more} }\n`;

export const CHARTS: Readonly<Record<string, ChartCase>> = {
  plain: chart({ 'templates/a.yaml': map('a'), 'values.yaml': '' }),
  release: chart({
    'templates/a.yaml': map(
      '{{ .Release.Name }}',
      '"{{ .Release.Namespace }} {{ .Release.Service }} {{ .Release.IsInstall }}"',
    ),
  }),
  values: {
    ...chart({
      'templates/a.yaml': map('a', '"{{ .Values.a }} {{ .Values.b.c }} {{ .Values.d }}"'),
      'values.yaml': 'a: 1\nb: { c: 2 }\nd: 3\n',
    }),
    values: ['one.yaml', 'deep/two.yaml'],
    set: { 'b.c': 'set', d: true },
    args: ['--set-string=b.c=set', '--set=d=true'],
  },
  'sub-chart': chart(
    {
      'charts/sub/Chart.yaml': meta('sub'),
      'charts/sub/values.yaml': 'colour: blue\n',
      'charts/sub/templates/s.yaml': map('sub', '"{{ .Values.colour }} {{ .Values.global.team }}"'),
      'templates/a.yaml': map('a'),
      'values.yaml': 'sub: { colour: red }\nglobal: { team: bees }\n',
    },
    dependency('sub'),
  ),
  'sub-chart-off': chart(
    {
      'charts/sub/Chart.yaml': meta('sub'),
      'charts/sub/templates/s.yaml': map('sub'),
      'templates/a.yaml': map('a'),
      'values.yaml': 'sub: { enabled: false }\n',
    },
    dependency('sub', ', condition: sub.enabled'),
  ),
  'sub-chart-locked': chart(
    {
      'Chart.lock':
        'dependencies: [{ name: sub, repository: "", version: 1.0.0 }]\ndigest: sha256:0\ngenerated: "2026-01-01T00:00:00Z"\n',
      'charts/sub/Chart.yaml': meta('sub'),
      'charts/sub/templates/s.yaml': map('{{ .Chart.Name }}'),
    },
    dependency('sub', ', alias: other'),
  ),
  hooks: chart({
    'templates/a.yaml': map('a'),
    'templates/before.yaml': hook('before', 'pre-install,pre-upgrade', '-5'),
    'templates/after.yaml': hook('after', 'post-install', '3'),
    'templates/gone.yaml': hook('gone', 'pre-delete,post-delete'),
    'templates/back.yaml': hook('back', 'post-rollback'),
  }),
  tests: chart({ 'templates/a.yaml': map('a'), 'templates/tests/t.yaml': hook('t', 'test') }),
  crds: chart({
    'crds/c.yaml': crd,
    'templates/bee.yaml': 'apiVersion: x.io/v1\nkind: Bee\nmetadata: { name: bee }\n',
  }),
  library: chart(
    {
      'charts/lib/Chart.yaml': meta('lib', 'type: library\n'),
      'charts/lib/templates/_map.tpl': `{{- define "lib.map" -}}\n${map('{{ .name }}')}{{- end -}}\n`,
      'templates/a.yaml': '{{ include "lib.map" (dict "name" "from-library") }}\n',
    },
    dependency('lib'),
  ),
  'files-get': chart({ 'words.txt': 'hello\n', 'templates/a.yaml': map('a', '{{ .Files.Get "words.txt" | quote }}') }),
  'files-glob': chart({
    'files/a.txt': 'a\n',
    'files/b.txt': 'b\n',
    'templates/a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n{{ (.Files.Glob "files/*").AsConfig | indent 2 }}\n',
  }),
  notes: chart({ 'templates/a.yaml': map('a'), 'templates/NOTES.txt': 'Thank you for {{ .Chart.Name }}.\n' }),
  'named-templates': chart({
    'templates/_helpers.tpl': '{{- define "full" -}}{{ .Release.Name }}-{{ .Chart.Name }}{{- end -}}\n',
    'templates/a.yaml': map('{{ include "full" . }}'),
  }),
  capabilities: chart({
    'templates/a.yaml': `{{ if .Capabilities.APIVersions.Has "x.io/v1/Bee" }}\n${map('bee', '{{ .Capabilities.KubeVersion.Minor | quote }}')}{{ end }}\n`,
  }),
  ignored: chart({
    '.helmignore': 'templates/no.yaml\n',
    'templates/a.yaml': map('a'),
    'templates/no.yaml': map('no'),
  }),
  tpl: chart({
    'templates/a.yaml': map('a', '{{ tpl .Values.text . | quote }}'),
    'values.yaml': 'text: "{{ .Release.Name }}!"\n',
  }),
  schema: chart({
    'templates/a.yaml': map('a', '{{ .Values.n }}'),
    'values.yaml': 'n: 1\n',
    'values.schema.json': '{"properties":{"n":{"type":"integer"}}}',
  }),
  'documents-and-dialect': chart({
    'templates/all.yaml': `${map('a')}---\n${map('b', 'on')}---\n# nothing\n---\napiVersion: x.io/v1\nkind: Foo\nmetadata: { name: foo, namespace: elsewhere }\nspec: { a: on, b: 017, c: 9007199254740993 }\n`,
  }),
};

const VALUES = { 'one.yaml': 'a: one\n', 'deep/two.yaml': 'd: two\n' };

/** Includes the files next to the chart. */
export function filesOf({ files, values = [] }: ChartCase): Readonly<Record<string, string>> {
  return values.length === 0 ? files : { ...files, ...VALUES };
}
