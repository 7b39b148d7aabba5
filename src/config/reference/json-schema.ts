import * as z from 'zod';
import { HOST_NAMES } from '../../githost/hosts.ts';
import * as imageShape from '../images/image-shape.ts';
import * as previewShape from '../previews/preview-shape.ts';
import * as promotionShape from '../promotions/promotion-shape.ts';
import { CHANNEL_KEYS } from '../checked/channel.ts';
import { channel as channelShape } from '../written/channel-shape.ts';
import * as shape from '../written/shape.ts';
import { cronSpan, window as windowShape } from '../windows/window-shape.ts';
import { defaultText } from './default-text.ts';
import { KEYS } from './keys.ts';
import type { KeyReference } from './key-reference.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

const secretReference: JsonSchema = { type: 'string', pattern: '^(?:env|file|ssm|secretsmanager):.+$' };
/** A list while the secret is rotated. */
const secretReferences: JsonSchema = { anyOf: [secretReference, { type: 'array', items: secretReference }] };

/** The schema of headgate.yml for editors. What it accepts may still be refused by `headgate check`, never the reverse. */
export function configSchema(): JsonSchema {
  const cluster = withProperties(schemaOf(shape.cluster), {
    kubeconfig: withProperties(schemaOf(shape.kubeconfig), { secret: secretReference }),
    eks: schemaOf(shape.eks),
  });
  const app = withProperties(schemaOf(shape.app), { privateKey: secretReference });
  const repository = withProperties(schemaOf(shape.repository), {
    host: { enum: [...HOST_NAMES] },
    webhookSecret: secretReferences,
    credentials: { anyOf: [secretReference, { const: 'iam' }, app] },
    write: secretReference,
  });
  const channel = withProperties(schemaOf(channelShape), {
    kind: { enum: Object.keys(CHANNEL_KEYS) },
    url: secretReference,
    token: secretReference,
  });
  const schema = withProperties(schemaOf(shape.file), {
    key: secretReferences,
    clusters: { type: 'object', additionalProperties: cluster },
    repositories: { type: 'object', additionalProperties: repository },
    targets: { type: 'array', items: targetSchema() },
    previews: { type: 'array', items: schemaOf(previewShape.preview) },
    images: { type: 'array', items: imageSchema() },
    promotions: { type: 'array', items: promotionSchema() },
    channels: { type: 'object', additionalProperties: channel },
    aws: schemaOf(shape.aws),
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'headgate.yml',
    ...described(schema, ''),
    required: ['clusters', 'repositories', 'targets'],
  };
}

/** A template differs from a target only in what may have placeholders, so one schema without names' patterns fits both. */
function targetSchema(): JsonSchema {
  const target = schemaOf(shape.target);
  const decryption = target.properties?.['decryption'];
  return withProperties(target, {
    ...(isSchema(decryption) ? { decryption: withProperties(decryption, { age: secretReference }) } : {}),
    windows: { type: 'array', items: windowSchema() },
    forEach: schemaOf(shape.forEach),
  });
}

function imageSchema(): JsonSchema {
  const image = schemaOf(imageShape.image);
  const login = withProperties(schemaOf(imageShape.imageCredentials), { password: secretReference });
  const { webhook, commit } = image.properties ?? {};
  return withProperties(image, {
    credentials: { anyOf: [secretReference, { const: 'ecr' }, login] },
    ...(isSchema(webhook) ? { webhook: withProperties(webhook, { secret: secretReferences }) } : {}),
    ...(isSchema(commit)
      ? { commit: withProperties(commit, { signingKey: { anyOf: [secretReference, { type: 'null' }] } }) }
      : {}),
  });
}

function promotionSchema(): JsonSchema {
  const step = withoutDialect(schemaOf(promotionShape.step));
  return withProperties(schemaOf(promotionShape.promotion), {
    stages: { type: 'array', items: { anyOf: [{ type: 'string' }, step] } },
    carry: { anyOf: [{ const: 'images' }, withoutDialect(schemaOf(promotionShape.paths))] },
    windows: { type: 'array', items: windowSchema() },
  });
}

function windowSchema(): JsonSchema {
  const span: JsonSchema = { anyOf: [{ type: 'string' }, withoutDialect(schemaOf(cronSpan))] };
  return withProperties(schemaOf(windowShape), { allow: span, deny: span });
}

/** A shape as people write it: before its transformations and without its rules, which JSON Schema cannot express. */
function schemaOf(of: z.ZodType): JsonSchema {
  return z.toJSONSchema(of, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // The default here is a value after the transformation, such as a number for a duration. The reference has the written
      // form.
      delete jsonSchema.default;
      if (zodSchema instanceof z.ZodBigInt) jsonSchema.type = 'integer';
      if (zodSchema instanceof z.ZodObject) jsonSchema.additionalProperties = false;
    },
  });
}

function withProperties(schema: JsonSchema, properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const merged = { ...withoutDialect(schema), properties: { ...schema.properties } };
  for (const [key, property] of Object.entries(properties)) merged.properties[key] = withoutDialect(property);
  return merged;
}

/** Only the root of a schema names its dialect. */
function withoutDialect({ $schema: _dialect, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

const byKey = new Map(KEYS.map((reference) => [reference.key, reference]));

/** The schema with the meaning of each key, which editors show. */
function described(schema: JsonSchema, key: string): JsonSchema {
  const found = byKey.get(key);
  const result: JsonSchema = found === undefined ? { ...schema } : { description: descriptionOf(found), ...schema };
  const { properties, items, additionalProperties, anyOf } = schema;
  // The description of a list or a map is that of its items, and one is enough.
  const inside = (part: Part): Part => (isSchema(part) ? withoutDescription(described(part, key)) : part);
  if (properties !== undefined) {
    const paths = Object.entries(properties).map(([name, property]) => {
      const path = key === '' ? name : `${key}.${name}`;
      return [name, isSchema(property) ? described(property, path) : property] as const;
    });
    result.properties = Object.fromEntries(paths);
  }
  if (items !== undefined && !Array.isArray(items)) result.items = inside(items);
  if (additionalProperties !== undefined) result.additionalProperties = inside(additionalProperties);
  if (anyOf !== undefined) result.anyOf = anyOf.map((part) => withoutDescription(described(part, key)));
  return result;
}

function descriptionOf(reference: KeyReference): string {
  const ending = defaultText(reference);
  return ending === null ? reference.meaning : `${reference.meaning} (${ending})`;
}

function withoutDescription({ description: _description, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

type Part = NonNullable<JsonSchema['additionalProperties']>;

function isSchema(part: unknown): part is JsonSchema {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}
