import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { referenceFiles } from '../../../infra/reference.ts';
import { configSchema } from '../../../src/config/reference/json-schema.ts';
import type { JsonSchema } from '../../../src/config/reference/json-schema.ts';
import { KEYS } from '../../../src/config/reference/keys.ts';
import { configOf, errorsOf } from '../builders.ts';
import type { KeyReference } from '../../../src/config/reference/key-reference.ts';

const validate = new Ajv({ strict: false }).compile(configSchema());

interface Fields {
  [key: string]: unknown;
}

const minimal = (): Fields => ({
  key: 'env:HEADGATE_KEY',
  clusters: {
    lab: { kubeconfig: {} },
    prod: { eks: { name: 'prod', region: 'eu-west-1' } },
  },
  repositories: {
    fleet: {
      host: 'github',
      url: 'https://github.com/acme/fleet.git',
      webhookSecret: 'env:SECRET',
      credentials: 'env:TOKEN',
      write: 'env:WRITE',
    },
  },
  targets: [
    { name: 'shop-prod', repository: 'fleet', branch: 'main', cluster: 'lab', namespace: 'shop' },
    { name: 'infra-prod', repository: 'fleet', branch: 'main', cluster: 'lab', namespace: 'infra' },
    ...['shop-dev', 'shop-staging', 'shop-eu', 'shop-us'].map((name) => {
      return { name, repository: 'fleet', branch: name, cluster: 'lab', namespace: name };
    }),
  ],
  previews: [
    {
      name: 'shop-pr-{{number}}',
      repository: 'fleet',
      pullRequest: { label: 'preview', into: 'main' },
      cluster: 'lab',
      namespace: 'shop-pr-{{number}}',
    },
  ],
  images: [
    {
      name: 'web',
      image: 'ghcr.io/acme/web',
      policy: { semver: '1.x' },
      writes: [{ repository: 'fleet', branch: 'next' }],
    },
  ],
  promotions: [{ name: 'shop', stages: ['shop-dev', 'shop-staging'] }],
  channels: {
    'team-shop': { kind: 'slack', url: 'env:SLACK_URL' },
    platform: { kind: 'slack', url: 'env:SLACK_URL' },
  },
});

/** The entry of each list and map of named entries that a key is set in. */
const ENTRIES: Readonly<Record<string, string>> = {
  clusters: 'lab',
  repositories: 'fleet',
  targets: '0',
  previews: '0',
  images: '0',
  promotions: '0',
  channels: 'team-shop',
};

/** What cannot be beside a key. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  'clusters.eks': ['kubeconfig'],
  'clusters.kubeconfig.secret': ['path'],
  'targets.helm.oci': ['chart', 'repository'],
  'previews.helm.oci': ['chart', 'repository'],
  // Its example has no credentials, which previews need.
  repositories: ['previews'],
  'targets.windows.deny': ['allow'],
  'targets.forEach': ['name', 'namespace'],
  'promotions.windows.deny': ['allow'],
  'promotions.stages.from.any': ['all'],
  'images.policy.newest': ['semver'],
  'images.policy.by': ['semver'],
  'images.policy.order': ['semver'],
  'images.policy.digest': ['semver'],
};

/** What has to be beside a key; undefined: nothing may be. */
const REQUIRED: Readonly<Record<string, Fields>> = {
  'repositories.webhookHeader': { host: 'azure-devops', url: 'https://dev.azure.com/acme/shop/_git/fleet' },
  'images.policy.newest': { order: 'numerical' },
  'images.policy.by': { newest: '(?<time>[0-9]+)', order: 'numerical' },
  'images.policy.order': { newest: '[0-9]+' },
  'promotions.carry.files': { values: ['values.yaml#image.tag'] },
  'promotions.carry.values': { files: ['version.yaml'] },
  'channels.token': { kind: 'pagerduty', url: undefined },
  'channels.topic': { kind: 'sns', url: undefined },
  'channels.bus': { kind: 'eventbridge', url: undefined },
  'channels.from': { kind: 'smtp', to: ['team@example.com'] },
  'channels.to': { kind: 'smtp', from: 'headgate@example.com' },
};

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const valueOf = ({ key, example }: KeyReference) => (parse(example) as Fields)[key.slice(key.lastIndexOf('.') + 1)];
const referenceOf = (key: string) => KEYS.find((each) => each.key === key);

/** The map that holds a key, in a valid file in which every map around the key has its example. */
function around(file: Fields, key: string): Fields {
  const parent = key.slice(0, Math.max(key.lastIndexOf('.'), 0));
  if (parent === '') return file;
  const outer = around(file, parent);
  const name = parent.slice(parent.lastIndexOf('.') + 1);
  for (const other of REPLACED[parent] ?? []) delete outer[other];
  const reference = referenceOf(parent);
  if (ENTRIES[parent] === undefined && reference !== undefined) outer[name] = exampleMap(reference);
  const found = outer[name];
  const entry = isFields(found) ? found[ENTRIES[parent] ?? ''] : undefined;
  const inside = Array.isArray(found) ? (found[0] as unknown) : (entry ?? found);
  if (!isFields(inside)) throw new Error(`no map at ${parent}`);
  if (parent === 'targets.forEach') Object.assign(outer, { name: '{{basename}}-{{cluster}}', namespace: 'shop' });
  return inside;
}

function exampleMap(reference: KeyReference): unknown {
  if (reference.key === 'repositories.credentials') return { app: 1, installation: 2, privateKey: 'env:KEY' };
  if (reference.key === 'images.credentials') return { username: 'ada', password: 'env:PASSWORD' };
  if (reference.key === 'promotions.stages') return [{ to: 'shop-prod', from: { all: ['shop-eu'] } }];
  // Their examples are the shorter form.
  if (/^(?:targets|promotions)\.windows\.(?:allow|deny)$/.test(reference.key))
    return { cron: '0 9 * * 1-5', for: '8h' };
  return valueOf(reference);
}

function fileWith(key: string, value: unknown): string {
  const file = minimal();
  const inside = around(file, key);
  for (const other of REPLACED[key] ?? []) delete inside[other];
  Object.assign(inside, REQUIRED[key]);
  inside[key.slice(key.lastIndexOf('.') + 1)] = value;
  if (key === 'targets.forEach')
    Object.assign(inside, { name: '{{basename}}-{{cluster}}', namespace: 'shop', path: undefined });
  if (key === 'targets') delete file['aws'];
  if (key === 'repositories' || key === 'targets') delete file['promotions'];
  if (key === 'repositories') delete file['images'];
  return stringify(file);
}

/** The keys that a schema describes, as the reference names them. */
function keysIn(schema: unknown, key: string): readonly string[] {
  if (!isFields(schema)) return [];
  const { properties, items, additionalProperties, anyOf } = schema as JsonSchema;
  const own = Object.entries(properties ?? {}).flatMap(([name, property]) => {
    const path = key === '' ? name : `${key}.${name}`;
    return [path, ...keysIn(property, path)];
  });
  return [...own, ...[items, additionalProperties, ...(anyOf ?? [])].flatMap((part) => keysIn(part, key))];
}

describe('the JSON Schema of headgate.yml', () => {
  it('describes exactly the keys of the reference', () => {
    const described = new Set(keysIn(configSchema(), ''));
    expect([...described].toSorted()).toEqual(KEYS.map(({ key }) => key).toSorted());
  });

  it.each(KEYS)('accepts the example of $key, as the parser does', (reference) => {
    const text = fileWith(reference.key, valueOf(reference));
    expect(errorsOf(text)).toEqual([]);
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  });

  it.each(KEYS)('refuses a value of another type for $key, as the parser does', ({ key }) => {
    const text = fileWith(key, [[null]]);
    expect(errorsOf(text)).not.toEqual([]);
    expect(validate(parse(text))).toBe(false);
  });

  it.each(KEYS)('refuses an unknown key beside $key, as the parser does', ({ key }) => {
    const unknown = `${key.slice(0, Math.max(key.lastIndexOf('.') + 1, 0))}unknown`;
    const text = fileWith(unknown, 'x');
    expect(errorsOf(text)).not.toEqual([]);
    expect(validate(parse(text))).toBe(false);
  });

  it.each(KEYS.filter((reference) => reference.default !== undefined))(
    'documents for $key the default that the parser uses',
    ({ key, default: written = '' }) => {
      const [set, without] = [fileWith(key, parse(written)), fileWith(key, undefined)];
      expect(configOf(set)).toEqual(configOf(without));
    },
  );

  it('is what the files made from the reference say', async () => {
    const root = join(import.meta.dirname, '..', '..', '..');
    for (const [path, content] of await referenceFiles())
      expect(await readFile(join(root, path), 'utf8'), 'run node bin/run.js infra/reference.ts').toBe(content);
  });
});

describe('docs/configuration.md', () => {
  it('has a row for each key of headgate.yml', async () => {
    const page = (await referenceFiles()).get('docs/configuration.md') ?? '';
    expect(KEYS.map(({ key }) => key).filter((key) => !page.includes(`| \`${key}\` `))).toEqual([]);
  });
});
