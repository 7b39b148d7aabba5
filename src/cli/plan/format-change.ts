import { visibleLine } from '../../error/visible-text.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import type { PlannedChange } from '../../deploy/show/shown-plan.ts';

const SIGNS = { create: '+', update: '~', replace: '±', prune: '-', release: '>', keep: ' ' } as const;

type Change = Pick<PlannedChange, 'op' | 'id' | 'source' | 'fields'>;

/** The object, and a line for each field that changes. */
export function changeLines({ op, id, source, fields }: Change, reason: string | null = null): readonly string[] {
  return [
    visibleLine(`${SIGNS[op]} ${op} ${formatId(id)}  (${source})${reason === null ? '' : `: ${reason}`}`),
    ...fields.map(({ path, before, after }) => visibleLine(`      ${path}: ${show(before)} → ${show(after)}`)),
  ];
}

export function changeJson({ op, id, source }: Change) {
  return { op, group: id.group, kind: id.kind, namespace: id.namespace, name: id.name, source };
}

export function fieldsJson({ fields }: Change) {
  return fields.map(({ path, before, after }) => ({ path, before: before ?? null, after: after ?? null }));
}

function show(value: FieldChange['before']): string {
  return value === undefined ? '(none)' : stringifyJson(value);
}
