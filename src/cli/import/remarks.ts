import { isMap } from '../init/manifests.ts';
import { nameOf } from './foreign-object.ts';
import type { ForeignObject } from './foreign-object.ts';

/** Something that headgate.yml does not have as the other tool has it. */
export interface Remark {
  /**
   * `note`: Headgate does it in another way. `untranslated`: it is lost. `changes-manifests`: it is lost, and without it
   * other manifests would be deployed.
   */
  readonly kind: 'note' | 'untranslated' | 'changes-manifests';
  /** `Kustomization flux-system/apps` */
  readonly object: string;
  readonly file: string | null;
  /** `spec.postBuild.substituteFrom` */
  readonly field: string;
  /** Why, and what to do instead. */
  readonly message: string;
}

/** Null: translated. */
export type FieldRule = Pick<Remark, 'kind' | 'message'> | null;

/** By the path of a field; `[]` means each item of a list. A path without a rule is not known to this release. */
export type FieldRules = Readonly<Record<string, FieldRule | ((value: unknown) => FieldRule)>>;

export const note = (message: string): FieldRule => ({ kind: 'note', message });
export const untranslated = (message: string): FieldRule => ({ kind: 'untranslated', message });
export const changesManifests = (message: string): FieldRule => ({ kind: 'changes-manifests', message });
/** Applies the rule unless the field has its usual value. */
export const unless =
  (usual: unknown, rule: FieldRule) =>
  (value: unknown): FieldRule =>
    value === usual ? null : rule;

/** A remark on every field of `spec` that is not translated, also on those that no rule knows. */
export function remarksOnFields(object: ForeignObject, rules: FieldRules): readonly Remark[] {
  return remarksBelow(object.spec, 'spec', rules).map((each) => ({
    ...each,
    object: nameOf(object),
    file: object.file,
  }));
}

export function remark(object: ForeignObject, field: string, rule: NonNullable<FieldRule>): Remark {
  return { ...rule, object: nameOf(object), file: object.file, field };
}

type FieldRemark = Pick<Remark, 'kind' | 'field' | 'message'>;

/** The rule of a field also covers the fields below it that have no rule. */
function remarksBelow(value: unknown, path: string, rules: FieldRules): readonly FieldRemark[] {
  if (Array.isArray(value) && hasRule(`${path}[]`, rules)) {
    const found = value.flatMap((item) => remarksBelow(item, `${path}[]`, rules));
    return [...new Map(found.map((each) => [each.field, each])).values()];
  }
  if (!isMap(value)) return remarksByRule(value, path, rules);
  const entries = Object.entries(value);
  const named = entries.filter(([key]) => hasRule(`${path}.${key}`, rules));
  const others = entries.filter((entry) => !named.includes(entry));
  const ofNamed = named.flatMap(([key, child]) => remarksBelow(child, `${path}.${key}`, rules));
  if (others.length === 0 && named.length > 0) return ofNamed;
  if (rules[path] !== undefined || !hasRule(path, rules))
    return [...ofNamed, ...remarksByRule(Object.fromEntries(others), path, rules)];
  return [...ofNamed, ...others.flatMap(([key, child]) => remarksByRule(child, `${path}.${key}`, rules))];
}

/** Is there a rule of this field, or of one below it? */
function hasRule(path: string, rules: FieldRules): boolean {
  return Object.keys(rules).some(
    (known) => known === path || (known.startsWith(path) && '.['.includes(known.charAt(path.length))),
  );
}

function remarksByRule(value: unknown, path: string, rules: FieldRules): readonly FieldRemark[] {
  const rule = rules[path];
  const found = typeof rule === 'function' ? rule(value) : rule;
  if (found === null) return [];
  return [{ ...(found ?? UNKNOWN), field: path }];
}

const UNKNOWN = {
  kind: 'untranslated',
  message: 'headgate import does not know this field. Look for an equivalent with headgate explain.',
} as const;
