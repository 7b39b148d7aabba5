import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readYaml } from '../../../src/resource/yaml.ts';
import { edited } from './edit.ts';

describe('a replaced version', () => {
  it.each(['1.10', '1e5', '20231101', 'on', 'null', '0x1F', '017', '1_000'])(
    'is quoted where it is plain and kubectl would not read it as text: %s',
    (tag) => {
      const file = 'image:\n  repository: ghcr.io/acme/web\n  tag: main\n';
      expect(edited(file, { tag })).toBe(file.replace('main', `"${tag}"`));
      expect(readYaml(edited(file, { tag }))).toMatchObject([{ document: { value: { image: { tag } } } }]);
    },
  );

  it.each([
    ["'1.2.0'", "'1.10'"],
    ['"1.2.0"', '"1.10"'],
    ['!!str 1.2.0', '!!str "1.10"'],
    ['&tag 1.2.0', '&tag "1.10"'],
    ['>-\n    1.2.0', '>-\n    1.10'],
    ['"1.2\\u002e0"', '"1.10"'],
  ])('keeps the style of %s', (before, after) => {
    const file = (tag: string) => `image:\n  repository: ghcr.io/acme/web\n  tag: ${tag}\n  pull: Always\n`;
    expect(edited(file(before), { tag: '1.10' })).toBe(file(after));
  });
});

/** A file of fragments, in which every slot holds a version. */
type Fragments = readonly string[];
const SLOT = '\u0000';

const eol = fc.constantFrom('\n', '\r\n');
const junk = fc.constantFrom(
  '# ghcr.io/acme/web:1.2.0\n',
  '#ghcr.io/acme/web\n',
  '\n',
  'a: [1,2 , {b: "c:d"} ]   # x\n',
  'port: 0x1F\n',
  'n: 12345678901234567890\n',
  'mode: 017\n',
  'text: |\n  image: ghcr.io/acme/web:1.2.0\n\n  tag: 1.2.0\n',
  'folded: >-\n   a\n   b\n',
  'quoted: "a\\tb\\u00e4 \\"x\\""\n',
  "single: 'it''s'\n",
  'anchored: &x {a: 1}\nalias: *x\n',
  'deep:\n      odd:\n       - 1\n       -   2\n',
  'tagged: !foo bar\n',
  'ä→: "🙂 unicode"\n',
  'tab: "a"\t# behind a tab\n',
  'other:\n  repository: ghcr.io/acme/api\n  tag: 1.2.0\n',
  'empty:\n',
  'twice: 1\ntwice: 2\n',
);
const scalar = fc.constantFrom(SLOT, `"${SLOT}"`, `'${SLOT}'`, `&v${SLOT.length} "${SLOT}"`, `!!str "${SLOT}"`);
const valuesSlot = fc
  .tuple(scalar, fc.nat(999))
  .chain(([tag, key]) =>
    fc.constantFrom(
      `k${key}:\n  repository: ghcr.io/acme/web\n  tag: ${tag}\n`,
      `k${key}:\n    tag: ${tag} # 1.2.0\n    registry: "ghcr.io"\n    repository: acme/web\n`,
      `k${key}: { repository: "ghcr.io/acme/web", tag: ${tag}, pull: Always }\n`,
      `k${key}:\n- repository: ghcr.io/acme/web\n  tag:   ${tag}\n`,
    ),
  );
const wholeSlot = fc
  .tuple(fc.constantFrom('', '"', "'"), fc.nat(999))
  .chain(([quote, key]) =>
    fc.constantFrom(
      `k${key}Image: ${quote}ghcr.io/acme/web:${SLOT}${quote}\n`,
      `k${key}:\n  image:   ${quote}ghcr.io/acme/web:${SLOT}${quote} # was 1.2.0\n`,
      `k${key}:\n  containers:\n  - name: a\n    image: ${quote}ghcr.io/acme/web:${SLOT}${quote}\n  - {image: ${quote}ghcr.io/acme/web:${SLOT}${quote}}\n`,
      `k${key}: {images: [{name: app, newName: ghcr.io/acme/web, newTag: '${SLOT}'}]}\n`,
    ),
  );
const part = fc.oneof(
  { weight: 3, arbitrary: junk },
  { weight: 2, arbitrary: valuesSlot },
  { weight: 2, arbitrary: wholeSlot },
);
const separator = fc.constantFrom('---\n', '--- # next\n', '---\n# empty\n---\n', '...\n---\n');
const file: fc.Arbitrary<{ readonly text: Fragments; readonly eol: string }> = fc.record({
  text: fc
    .tuple(
      fc.constantFrom('', '\uFEFF', '# head\n', '%YAML 1.2\n---\n', '---\n'),
      fc.array(fc.tuple(separator, fc.array(part, { maxLength: 6 })), { maxLength: 3 }),
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('', 'last: end', `lastImage: ghcr.io/acme/web:${SLOT}`, `lastImage: "ghcr.io/acme/web:${SLOT}"`),
    )
    .map(([head, documents, first, last]) => {
      const parts = [...first, ...documents.flatMap(([line, more]) => [line, ...more])];
      // Anchors of one name would refer to each other.
      return [head, ...parts, last];
    }),
  eol,
});
const tags = fc
  .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}$/)
  .filter((tag) => /^[A-Za-z]/.test(tag) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(tag));

describe('every byte outside the replaced versions', () => {
  it('stays in 2000 random files, and the places have the new version', () => {
    let changed = 0;
    fc.assert(
      fc.property(file, tags, tags, ({ text, eol: lineBreak }, from, to) => {
        const whole = text.join('').replaceAll('\n', lineBreak);
        const before = whole.replaceAll(SLOT, from);
        changed += whole.includes(SLOT) ? 1 : 0;
        const after = edited(before, { tag: to });
        // A few combinations are not YAML, such as a directive without its document.
        const expected = after.startsWith('skipped: ') && !isYaml(before) ? after : whole.replaceAll(SLOT, to);
        expect(after).toBe(expected);
      }),
      { numRuns: 2000, seed: 18 },
    );
    expect(changed).toBeGreaterThan(1000);
  });
});

function isYaml(text: string): boolean {
  const documents = parseAllDocuments(text, { strict: false, uniqueKeys: false, logLevel: 'silent' });
  return Array.isArray(documents) && documents.every(({ errors }) => errors.length === 0);
}

/** Manifests as people and tools write them; each has `TAG` where the version is. */
const SHAPES: readonly string[] = [
  'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {app: web}\nspec:\n  replicas: 3\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:TAG\n        ports: [{containerPort: 8080}]\n',
  'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  template:\n    spec:\n      initContainers:\n      - image: "ghcr.io/acme/web:TAG"\n        name: init\n      containers:\n      - image: postgres:16\n        name: db\n',
  'apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {template: {spec: {containers: [{name: a, image: "ghcr.io/acme/web:TAG"}]}}}\n',
  'apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: migrate-\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        -   name: migrate\n            image:    ghcr.io/acme/web:TAG    # keep in step\n            command: ["sh", "-c", "echo ghcr.io/acme/web:1.2.0"]\n',
  'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report}\nspec:\n  schedule: "*/5 * * * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - name: r\n            image: \'ghcr.io/acme/web:TAG\'\n',
  'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\nimages:\n- name: ghcr.io/acme/web\n  newTag: "TAG"\n- name: ghcr.io/acme/api\n  newTag: 1.2.0\n',
  'resources:\n- deployment.yaml\nimages:\n  - name: web\n    newName: ghcr.io/acme/web\n    newTag: "TAG"\nconfigMapGenerator:\n  - name: a\n    literals: [version=1.2.0]\n',
  '# Default values for web.\nreplicaCount: 1\nimage:\n  repository: ghcr.io/acme/web\n  pullPolicy: IfNotPresent\n  # Overrides the image tag whose default is the chart appVersion.\n  tag: "TAG"\nserviceAccount:\n  create: true\n  name: ""\n',
  'global:\n  storageClass: ""\nimage:\n  registry: ghcr.io\n  repository: acme/web\n  tag: "TAG"\n  digest: ""\nmetrics:\n  image:\n    registry: docker.io\n    repository: bitnami/exporter\n    tag: 1.2.0\n',
  'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  interval: 5m\n  chart: {spec: {chart: web, version: 1.2.0}}\n  values:\n    image:\n      repository: ghcr.io/acme/web\n      tag: "TAG"\n',
];

/** What editors and tools do to a file. A bare CR is a line break that kubectl does not take; it is tested below. */
const STYLES: readonly (readonly [name: string, change: (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['with a BOM', (text) => `\uFEFF${text}`],
  ['without a final newline', (text) => text.trimEnd()],
  ['with spaces at its end', (text) => `${text}   \n\n`],
  ['with a license above', (text) => `# Copyright\n#\n\n---\n${text}`],
  ['as a second document', (text) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n${text}...\n`],
  ['with a comment on each line', (text) => text.replaceAll(/([\w"\]}])\n/g, '$1 # 1.2.0 ghcr.io/acme/web:1.2.0\n')],
  ['with lines between', (text) => text.replaceAll('\n', '\n\n')],
];

describe('replacing versions in files as people and tools write them', () => {
  const cases = SHAPES.flatMap((shape, index) => STYLES.map(([name, change]) => [index, name, change(shape)] as const));
  it.each(cases)('keeps the bytes of file %i %s', (_index, _name, text) => {
    const at = (tag: string) => text.replaceAll('TAG', tag);
    expect(edited(at('1.2.0'))).toBe(at('1.3.0'));
    expect(valueOf(edited(at('1.2.0')))).toEqual(valueOf(at('1.3.0')));
    expect(valueOf(edited(at('1.2.0')))).not.toEqual(valueOf(at('1.2.0')));
  });
});

it('replacing a version keeps carriage returns that are line breaks by themselves', () => {
  const written = 'image:\r  repository: ghcr.io/acme/web\r  tag: TAG # x\r';
  expect(edited(written.replace('TAG', '1.2.0'))).toBe(written.replace('TAG', '1.3.0'));
});

function valueOf(text: string): unknown {
  return readYaml(text).map((read) => (read.kind === 'document' ? read.document.value : read.kind));
}
