import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../../src/error/deploy-error.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { readYaml } from '../../../src/resource/yaml.ts';
import { openByAge, readIdentities } from '../../../src/desired/sops/age.ts';
import { envelopeOf, openObject, verifyFile } from '../../../src/desired/sops/decrypt.ts';
import type { OpenedFile } from '../../../src/desired/sops/decrypt.ts';
import { AGE_KEY, fixture } from './files.ts';

const IDENTITIES = readIdentities(AGE_KEY);

async function opened(text: string): Promise<OpenedFile> {
  const envelope = envelopeOf(text);
  if (envelope === null || 'message' in envelope) throw new Error(envelope?.message ?? 'not encrypted');
  const key = await openByAge(envelope.key.age, IDENTITIES);
  if (key === null) throw new Error('no key matches');
  return { envelope, key };
}

function objectsOf(text: string): readonly JsonObject[] {
  return readYaml(text).flatMap((result) => (result.kind === 'document' ? [result.document.value as JsonObject] : []));
}

async function read(text: string): Promise<readonly (JsonObject | Explanation)[] | Explanation> {
  const file = await opened(text);
  const error = verifyFile(text, file);
  return error ?? objectsOf(text).map((object) => openObject(object, file));
}

describe('a file encrypted by sops', () => {
  it('is decrypted whatever the order of its keys, with comments, and loses its sops block', async () => {
    expect(await read(fixture('secret.yaml'))).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'db', labels: { app: 'on', n: '017' } },
        stringData: {
          '10': 'ten',
          password: 'planted-sops-password-123',
          '2': 'two',
          empty: '',
          list: 'planted-line one',
        },
        type: 'Opaque',
      },
    ]);
  });

  it('may have several documents with one MAC, and several recipients', async () => {
    expect(await read(fixture('documents.yaml'))).toMatchObject([
      { stringData: { token: 'planted-sops-one' } },
      { metadata: { name: 'two' }, data: { plain: 'text', secret: 'planted-sops-two' } },
    ]);
    expect(await read(fixture('two-keys.yaml'))).toMatchObject([{ stringData: { '2': 'two' } }]);
  });

  it.each(['types-maconly.yaml', 'types-unregex.yaml', 'types-suffix.yaml', 'types-unsuffix.yaml'])(
    'keeps the types of its values, whatever rule selects them: %s',
    async (name) => {
      expect(await read(fixture(name))).toEqual([
        {
          apiVersion: 'example.com/v1',
          kind: 'Thing',
          metadata: { name: 'types' },
          spec: {
            int: 42,
            float: 1.5,
            bool: true,
            no: false,
            nothing: null,
            text: '42',
            list: ['a', 7, { deep: 'x' }],
            day: '2026-01-01T00:00:00Z',
            plain_unencrypted: 'yes',
          },
        },
      ]);
    },
  );

  it.each([
    ['a plain value was changed', (text: string) => text.replace('name: db', 'name: other')],
    ['a value was added', (text: string) => text.replace('type: Opaque', 'type: Opaque\nimmutable: true')],
    ['a value was removed', (text: string) => text.replace(/ {4}list: .*\n/, '')],
    ['two values were swapped', (text: string) => swapped(text)],
    ['a value was moved to another key', (text: string) => text.replace('    password:', '    moved:')],
    ['an encrypted value was replaced', (text: string) => text.replace(/( {4}password: ).*/, '$1in-the-clear')],
    ['the time of the MAC was changed', (text: string) => text.replace(/lastmodified: "2026/, 'lastmodified: "2027')],
    ['the rule was changed', (text: string) => text.replace('^(data|stringData)$', '^data$')],
  ])('is refused when %s, without a value in the error', async (_what, change) => {
    const text = fixture('secret.yaml');
    expect(change(text)).not.toBe(text);
    const error = await read(change(text));
    expect(error).toMatchObject({ message: expect.any(String), remedy: expect.stringContaining('sops edit') });
    expect(JSON.stringify(error)).not.toMatch(/planted|in-the-clear|ENC\[/);
  });

  it('is refused for several key groups, rules in comments, and expressions that may be slow to match', () => {
    expect(envelopeOf(fixture('groups.yaml'))).toMatchObject({ message: expect.stringContaining('key groups') });
    expect(envelopeOf(fixture('comment.yaml'))).toMatchObject({ message: expect.stringContaining('comments') });
    const evil = fixture('secret.yaml').replace('^(data|stringData)$', '^(a+)+$');
    expect(envelopeOf(evil)).toMatchObject({ message: expect.stringContaining('encrypted_regex') });
  });

  it('is not decrypted with another key or with an invalid key file', async () => {
    const envelope = envelopeOf(fixture('other-key.yaml'));
    if (envelope === null || 'message' in envelope) throw new Error('not read');
    expect(await openByAge(envelope.key.age, IDENTITIES)).toBeNull();
    expect(await openByAge(['no armor at all'], IDENTITIES)).toBeNull();
    expect(readIdentities('# public key: age1…\nnothing')).toEqual([]);
  });

  it('is distinguished from a file that only mentions sops', () => {
    expect(envelopeOf('apiVersion: v1\nkind: ConfigMap\ndata: {note: "sops"}\n')).toBeNull();
  });
});

function swapped(text: string): string {
  const [ten = '', two = ''] = [/ {4}"10": .*\n/, / {4}"2": .*\n/].map((line) => line.exec(text)?.[0] ?? '');
  return text.replace(ten, '').replace(two, two + ten);
}
