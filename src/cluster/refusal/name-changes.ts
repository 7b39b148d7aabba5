import { refusedFieldText } from '../../error/refused-object.ts';
import type { Refusal, RefusedField } from '../../error/refused-object.ts';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { ownFields } from '../../state/managed-fields-hash.ts';
import { changedPaths } from './changed-paths.ts';

/** Names the fields that differ instead of the whole object that must not change: paths alone, never a value. */
export function nameChanges(
  problem: Refusal,
  { live, body }: { readonly live: JsonObject; readonly body: JsonObject },
): Refusal {
  const { refused } = problem;
  if (refused === undefined) return problem;
  const metadata = isObject(live['metadata']) ? live['metadata'] : {};
  const changed = changedPaths(body, { live, owned: ownFields(metadata) ?? undefined }, '');
  const fields = refused.fields.map((field) => (field.isChange === true ? named(field, changed) : field));
  const message = fields.map((field) => refusedFieldText(field)).join('; ');
  return { ...problem, message, refused: { ...refused, fields } };
}

function named({ paths: [field = ''], reason }: RefusedField, changed: readonly string[]): RefusedField {
  const inside = changed.filter((path) => isAt(path, field));
  const exceptions = exceptionsOf(reason, field);
  const isException = (path: string) => exceptions.some((exception) => isAt(withoutIndexes(path), exception));
  const refused = inside.filter((path) => !isException(path));
  const meant = refused.length > 0 ? refused : inside;
  return { paths: meant.length > 0 ? meant : [field], reason };
}

function isAt(path: string, field: string): boolean {
  return path === field || (path.startsWith(field) && /^[.[]/.test(path.slice(field.length)));
}

function withoutIndexes(path: string): string {
  return path.replaceAll(/\[[^\]]*\]/g, '[*]');
}

/**
 * `… fields other than 'replicas', 'template' are forbidden`: the fields that may change. They may have changed too, but are
 * not the reason.
 */
function exceptionsOf(reason: string, field: string): readonly string[] {
  const [, list = ''] = /\b(?:other than|except) (.*)$/s.exec(reason) ?? [];
  const names = [...list.matchAll(/[a-zA-Z][\w.*[\]]*/g)].map(([name]) => name);
  return names.map((name) => (isAt(name, field) ? name : `${field}.${name}`));
}
