import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types';
import type { Template } from './packaged.ts';

/** Everything in a template that does not match AWS's own specification of its resources. */
export function errorsOf(template: Template): readonly string[] {
  const spec = loadAwsServiceSpecSync();
  return Object.entries(template.Resources).flatMap(([name, { Type, Properties = {} }]) => {
    const [resource] = spec.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (resource === undefined) return [`${name}: unknown type ${Type}`];
    return errorsIn(Properties, { properties: resource.properties, at: name, spec });
  });
}

interface Location {
  readonly properties: ResourceProperties;
  readonly at: string;
  readonly spec: SpecDatabase;
}

function errorsIn(written: Readonly<Record<string, unknown>>, { properties, at, spec }: Location): readonly string[] {
  const missing = Object.entries(properties)
    .filter(([key, property]) => property.required === true && !(key in written))
    .map(([key]) => `${at}.${key} is missing`);
  const wrong = Object.entries(written).flatMap(([key, value]) => {
    const property = properties[key];
    if (property === undefined) return [`${at}.${key} is unknown`];
    return errorsOfValue(value, property.type, { at: `${at}.${key}`, spec });
  });
  return [...missing, ...wrong];
}

type At = Pick<Location, 'at' | 'spec'>;

function errorsOfValue(value: unknown, type: PropertyType, { at, spec }: At): readonly string[] {
  if (isIntrinsic(value)) return [];
  const unless = (isRight: boolean, wanted: string) => (isRight ? [] : [`${at} is not of type ${wanted}`]);
  switch (type.type) {
    case 'string':
    case 'date-time':
      return unless(typeof value === 'string', 'string');
    case 'integer':
      return unless(Number.isInteger(value), 'integer');
    case 'number':
      return unless(typeof value === 'number', 'number');
    case 'boolean':
      return unless(typeof value === 'boolean', 'boolean');
    case 'json':
      return unless(typeof value === 'object' || typeof value === 'string', 'JSON');
    case 'array':
      if (!Array.isArray(value)) return [`${at} is not a list`];
      return value.flatMap((each, index) => errorsOfValue(each, type.element, { at: `${at}[${index}]`, spec }));
    case 'map':
      return Object.entries(value as object).flatMap(([key, each]) =>
        errorsOfValue(each, type.element, { at: `${at}.${key}`, spec }),
      );
    case 'ref': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is not a map`];
      const { properties } = spec.get('typeDefinition', type.reference.$ref);
      return errorsIn(value as Readonly<Record<string, unknown>>, { properties, at, spec });
    }
    case 'union': {
      const each = type.types.map((one) => errorsOfValue(value, one, { at, spec }));
      return each.find((errors) => errors.length === 0) ?? each[0] ?? [];
    }
    default:
      return [];
  }
}

/** Intrinsic functions, which only AWS can resolve. */
function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [key = '', ...more] = Object.keys(value);
  return more.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
}
