import { describe, expect, it } from 'vitest';
import { readManifests } from '../../src/resource/manifests.ts';
import { substitute } from '../../src/resource/substitution.ts';
import { readYaml } from '../../src/resource/yaml.ts';

const variables = { REGION: 'eu-west-1', COUNT: '3', ON: 'true', EMPTY: '', BLOCK: 'a: b\nc: [d]', KEY: 'name' };

function valueOf(yaml: string): unknown {
  const [first] = readYaml(yaml, { variables });
  return first?.kind === 'document' ? first.document.substituted?.value : first;
}

describe('substitute', () => {
  it.each([
    ['${REGION}', 'eu-west-1'],
    ['a-${REGION}-b-${COUNT}', 'a-eu-west-1-b-3'],
    ['${MISSING:=elsewhere}', 'elsewhere'],
    ['${REGION:=elsewhere}', 'eu-west-1'],
    ['${EMPTY:=elsewhere}', ''],
    ['${MISSING:=}', ''],
    ['$$', '$'],
    ['$${REGION}', '${REGION}'],
    ['$$$${REGION}', '$${REGION}'],
    ['$REGION and $(REGION)', '$REGION and $(REGION)'],
  ])('turns %s into "%s"', (text, expected) => {
    expect(substitute(text, variables)).toEqual({ text: expected, errors: [] });
  });

  it.each(['${MISSING}', '${toString}', '${REGION', '${REGION:-x}', '${1a}', '${}'])(
    'reports %s as an error',
    (text) => {
      expect(substitute(text, variables).errors).toHaveLength(1);
    },
  );
});

describe('a value of a manifest', () => {
  it.each([
    ['a: ${COUNT}', { a: 3 }],
    ['a: "${COUNT}"', { a: '3' }],
    ["a: '${ON}'", { a: 'true' }],
    ['a: ${ON}', { a: true }],
    ['a: ${EMPTY}', { a: null }],
    ['a: x${COUNT}', { a: 'x3' }],
    ['a: |\n  ${REGION}\n', { a: 'eu-west-1\n' }],
    ['${KEY}: 1', { name: 1 }],
    // A value can never become structure.
    ['a: ${BLOCK}', { a: 'a: b\nc: [d]' }],
    ['- &x "${COUNT}"\n- *x', ['3', '3']],
  ])('%j is read as %j after substitution', (yaml, expected) => {
    expect(valueOf(yaml)).toEqual(expected);
  });
});

describe('a value that a renderer printed without quotes', () => {
  it('stays text where Kubernetes accepts only strings, and is parsed again elsewhere', () => {
    const yaml = `metadata:
  labels: { a: b, c: "\${ON}" }
  name: \${COUNT}
data:
  a: \${COUNT}
spec:
  replicas: \${COUNT}
  template:
    metadata:
      labels:
        v: \${COUNT}
    spec:
      args:
        - \${ON}
      env:
        - name: A
          value: \${COUNT}
`;
    const [first] = readYaml(yaml, { variables, quotes: 'lost' });
    expect(first).toMatchObject({
      document: {
        substituted: {
          value: {
            metadata: { name: '3', labels: { c: 'true' } },
            data: { a: '3' },
            spec: {
              replicas: 3,
              template: { metadata: { labels: { v: '3' } }, spec: { args: ['true'], env: [{ value: '3' }] } },
            },
          },
        },
      },
    });
  });
});

const map = (name: string, value: string, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data:\n  a: ${value}\n`;
const OFF = '  annotations: { kustomize.toolkit.fluxcd.io/substitute: disabled }\n';

function read(text: string) {
  return readManifests({ path: 'a.yaml', bytes: Buffer.from(text) }, { variables });
}

describe('a manifest', () => {
  it('hides its values if and only if one was substituted', () => {
    const { manifests } = read(`${map('a', '"${REGION}"')}---\n${map('b', 'plain')}---\n${map('c', '"$$"', OFF)}`);
    expect(manifests.map(({ object, isHidden }) => [object['data'], isHidden])).toEqual([
      [{ a: 'eu-west-1' }, true],
      [{ a: 'plain' }, false],
      [{ a: '$$' }, false],
    ]);
  });

  it('is reported with every missing variable at once, with file and line', () => {
    const { manifests, problems } = read(`${map('a', '"${NO} ${NOT}"')}---\n${map('b', '"${NEITHER}"')}`);
    expect(manifests).toEqual([]);
    expect(problems.map(({ code, subject, message }) => [code, subject, message])).toEqual([
      ['variable-missing', 'a.yaml:6', 'variable NO is not set'],
      ['variable-missing', 'a.yaml:6', 'variable NOT is not set'],
      ['variable-missing', 'a.yaml:13', 'variable NEITHER is not set'],
    ]);
  });

  it('in a List opts out of substitution by itself', () => {
    const item = (name: string, value: string, annotations: Readonly<Record<string, string>> = {}) =>
      `- { apiVersion: v1, kind: ConfigMap, metadata: { name: ${name}, annotations: ${JSON.stringify(annotations)} }, data: { a: "${value}" } }\n`;
    const off = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };
    const { manifests, problems } = read(
      `apiVersion: v1\nkind: List\nitems:\n${item('a', '${REGION}')}${item('b', '${NO}', off)}${item('c', '${NO}')}`,
    );
    expect(manifests.map(({ object }) => object['data'])).toEqual([{ a: 'eu-west-1' }, { a: '${NO}' }]);
    expect(problems).toMatchObject([{ subject: 'a.yaml:6' }]);
  });

  it('keeps its dollar signs when the target has no variables', () => {
    const { manifests } = readManifests({ path: 'a.yaml', bytes: Buffer.from(map('a', '"$$ ${X}"')) });
    expect(manifests.map(({ object }) => object['data'])).toEqual([{ a: '$$ ${X}' }]);
  });
});
