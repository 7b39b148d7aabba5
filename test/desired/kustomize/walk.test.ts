import { describe, expect, it } from 'vitest';
import { fieldLines, withOrigins } from '../../../src/desired/kustomize/kustomization.ts';
import { renderProblem, redactSecrets, withholdIfSecret } from '../../../src/desired/plain/tool-error.ts';
import { walkKustomization } from '../../../src/desired/kustomize/walk.ts';
import type { Walk } from '../../../src/desired/kustomize/walk.ts';
import type { ObjectId, PathContent } from '../../../src/snapshot/source.ts';
import { remoteHost, resolve } from '../../../src/desired/kustomize/paths.ts';

const OPTIONS = { remoteBases: [], loadRestrictor: 'root-only' } as const;

/** Reads missing paths until none are missing, as deploy does. */
function walk(
  root: string,
  files: Readonly<Record<string, string>>,
  options: Parameters<typeof walkKustomization>[2] = OPTIONS,
): Walk & { rounds: number } {
  const have = new Map<string, PathContent>();
  for (let rounds = 0; ; rounds += 1) {
    const walked = walkKustomization(root, have, options);
    if (walked.missing.length === 0) return { ...walked, rounds };
    for (const path of walked.missing) have.set(path, contentOf(path, files));
  }
}

function contentOf(path: string, files: Readonly<Record<string, string>>): PathContent {
  const text = files[path];
  const oid = 'a'.repeat(40) as ObjectId;
  if (text !== undefined) return { path, kind: 'file', oid, bytes: Buffer.from(text) };
  const isTree = Object.keys(files).some((file) => file.startsWith(`${path}/`));
  return isTree ? { path, kind: 'tree', oid, entries: [] } : { path, kind: 'absent' };
}

describe('the inputs of a kustomization', () => {
  it('are read in as many rounds as it has levels', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../c, x.yaml]\n',
      'b/x.yaml': '',
      'c/kustomization.yaml': 'resources: [y.yaml]\n',
      'c/y.yaml': '',
    };
    const walked = walk('a', files);
    expect([...walked.inputs].flatMap(([path, id]) => (id === null ? [] : [path])).toSorted()).toEqual(
      Object.keys(files).toSorted(),
    );
    expect(walked.problems).toEqual([]);
    expect(walked.rounds).toBeLessThanOrEqual(6);
  });

  it('include the other names of a kustomization file, so that a second one is noticed', () => {
    const walked = walk('', { 'kustomization.yml': 'namePrefix: a-\n' });
    expect(Object.fromEntries(walked.inputs)).toMatchObject({ 'kustomization.yaml': null, Kustomization: null });
  });

  it('are finite when bases refer to each other', () => {
    const walked = walk('a', {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../a]\n',
    });
    expect(walked.missing).toEqual([]);
  });

  it('are limited to 5000 files', () => {
    const many = Array.from({ length: 2000 }, (_, n) => `d${n}`);
    const files = Object.fromEntries([
      ['kustomization.yaml', `resources: [${many.join(', ')}]\n`],
      ...many.map((name) => [`${name}/kustomization.yaml`, 'namePrefix: x-\n']),
    ]) as Record<string, string>;
    expect(walk('', files).problems).toContainEqual(expect.objectContaining({ code: 'render-limit' }));
  });

  it('are reported with field and line when one does not exist', () => {
    const walked = walk('a', {
      'a/kustomization.yaml': 'resources:\n  # first\n  - x.yaml\n  - y.yaml\n',
      'a/x.yaml': '',
    });
    expect(walked.problems).toEqual([
      expect.objectContaining({ subject: 'a/kustomization.yaml:4', message: 'resources[1]: "y.yaml" does not exist' }),
    ]);
  });

  it('may include a remote base only from a host that the target lists', () => {
    const files = { 'kustomization.yaml': 'resources: ["https://github.com/a/b?ref=1", "https://evil.example/a"]\n' };
    const walked = walk('', files, { ...OPTIONS, remoteBases: ['github.com'] });
    expect(walked.problems.map(({ message }) => message)).toEqual([
      'resources[1]: "https://evil.example/a" is on evil.example, which is not listed in kustomize.remoteBases of the target',
    ]);
  });
});

describe('a field under a spelling that only Go reads', () => {
  it.each([
    ['configMapGenerator: [{ name: a, Files: ["x=http://127.0.0.1/"] }]', 'configMapGenerator[0].Files', 'files'],
    ['secretGenerator: [{ name: a, Literals: [pin=1] }]', 'secretGenerator[0].Literals', 'literals'],
    ['Resources: [../../x]', 'Resources', 'resources'],
    ['re\u017fources: [../../x]', 're\u017fources', 'resources'],
    ['patche\u017f: [{ path: ../x }]', 'patche\u017f', 'patches'],
    ['patches: [{ Path: ../x }]', 'patches[0].Path', 'path'],
    ['HELMCHARTS: [{ name: a }]', 'HELMCHARTS', 'helmCharts'],
    ['helmGlobals: { ConfigHome: /etc }', 'helmGlobals.ConfigHome', 'configHome'],
    ['\u212aind: Component', '\u212aind', 'kind'],
  ])('is refused: %s', (text, field, expected) => {
    expect(walk('', { 'kustomization.yaml': `namePrefix: a-\n${text}\n` }).problems).toEqual([
      {
        code: 'render-refused',
        subject: 'kustomization.yaml:2',
        message: expect.stringMatching(
          new RegExp(`^${field.replaceAll(/[.[\]]/g, '\\$&')}: ".*" is not the exact name of a field$`),
        ) as string,
        remedy: `Write ${expected}.`,
      },
    ]);
  });

  it('is refused in the configuration of a plugin', () => {
    const plugin = 'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: { name: a }\nFiles: [../../x]\n';
    const files = { 'kustomization.yaml': 'generators: [g.yaml]\n', 'g.yaml': plugin };
    expect(walk('', files).problems).toMatchObject([{ code: 'render-refused', remedy: 'Write files.' }]);
  });

  it('is not searched for where the keys are the user’s own', () => {
    const labels = '{ Name: a, Path: b, FILES: c }';
    const text = `commonLabels: ${labels}\nlabels: [{ pairs: ${labels} }]\ncommonAnnotations: ${labels}\n`;
    expect(walk('', { 'kustomization.yaml': text }).problems).toEqual([]);
  });
});

describe('a reference', () => {
  it.each([
    ['https://github.com/a/b//c?ref=1', 'github.com'],
    ['https://user:pw@Git.Example:8443/a', 'git.example'],
    ['git@gitlab.com:a/b.git', 'gitlab.com'],
    ['ssh://git@host/a', 'host'],
    ['git::https://host.example/a', 'host.example'],
    ['git::something', 'an unknown host'],
    ['github.com/a/b', 'github.com'],
    ['gh:a/b', 'github.com'],
    ['file:///etc', 'this machine'],
    ['oci://registry.example/a', 'registry.example'],
    ['../base', null],
    ['a/b.git', null],
    ['my@dir', null],
  ])('%s is on host %s', (reference, host) => {
    expect(remoteHost(reference)).toBe(host);
  });

  it.each([
    ['a/b', '../c', 'a/c'],
    ['a', '../..', null],
    ['', '..', null],
    ['a', '/etc/passwd', null],
    ['a', './b//c/.', 'a/b/c'],
    ['a', 'b\\..\\c', null],
    ['a', 'b\u0000', null],
    ['a', '', null],
  ])('from "%s" to "%s" resolves to %s', (directory, path, resolved) => {
    expect(resolve(directory, path)).toBe(resolved);
  });
});

describe('origin annotations', () => {
  it('are enabled by a line at the end if the file is a plain map without buildMetadata', () => {
    expect(withOrigins(Buffer.from('resources: [a]'))?.toString()).toBe(
      'resources: [a]\nbuildMetadata: [originAnnotations]\n',
    );
    expect(withOrigins(Buffer.from('# words\n---\nresources: [a]\n'))).not.toBeNull();
    for (const text of [
      '{ resources: [a] }',
      'buildMetadata: []\n',
      'resources: [a]\n...\n',
      'a: 1\n---\nb: 2\n',
      '  a: 1\n',
    ])
      expect(withOrigins(Buffer.from(text))).toBeNull();
  });

  it('are complemented by the line of a field', () => {
    expect(fieldLines(Buffer.from('a: 1\nb:\n  - c: 2\n'))(['b', 0, 'c'])).toBe(3);
    expect(fieldLines(Buffer.from('a: 1\n'))(['b', 0, 'c'])).toBe(1);
  });
});

describe('the error output of a renderer', () => {
  const at = {
    file: 'a/kustomization.yaml',
    root: '/private/x/repository',
    paths: ['a/kustomization.yaml', 'a/b.yaml'],
  };

  it('is reported without the private directory, at the file and line that it mentions', () => {
    const problem = renderProblem("error: in '/private/x/repository/a/b.yaml': yaml: line 7: oh\n", at);
    expect(problem).toMatchObject({ subject: 'a/b.yaml:7', message: "in 'a/b.yaml': yaml: line 7: oh" });
    expect(renderProblem('Error: something', at).subject).toBe('a/kustomization.yaml');
    expect(renderProblem('', at).message).toBe('the renderer failed without an error message');
  });

  it.each(['kind: Secret', '{"kind":"Secret"}', "'kind' : 'Secret'"])(
    'is withheld when a file with %s is among the inputs, and its place is kept',
    (text) => {
      const problem = renderProblem('error: a.yaml:3: cannot parse "pin: 271828"', { ...at, paths: ['a.yaml'] });
      const inputs = [{ bytes: Buffer.from('kind: SecretStore\n') }, { bytes: Buffer.from(`x: 1\n${text}\n\t`) }];
      expect(withholdIfSecret(problem, inputs.slice(0, 1))).toEqual(problem);
      const withheld = withholdIfSecret(problem, inputs);
      expect(withheld.message).toMatch(/^the renderer failed; its message is withheld/);
      expect(withheld).toMatchObject({ subject: 'a.yaml:3', remedy: problem.remedy });
    },
  );

  it('is reported without the values of Secrets', () => {
    const problem = renderProblem('error: invalid literal source hunter2secret, expected key=value', at);
    expect(redactSecrets(problem, ['hunter2secret']).message).toBe('invalid literal source ***, expected key=value');
    expect(redactSecrets(problem, ['key=hunter2secret\n']).message).not.toContain('hunter2');
    expect(redactSecrets(problem, ['a=b']).message).toBe(problem.message);
  });
});
