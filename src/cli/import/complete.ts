import { textsAt } from './foreign-object.ts';
import type { Imported } from './imported.ts';
import type { Remark } from './remarks.ts';

/** Removes what would refer to a target that is only a comment. */
export function withoutDangling(imported: Imported): Imported {
  const complete = new Set(
    imported.targets.flatMap(({ isIncomplete, settings }) => (isIncomplete ? [] : [settings.name])),
  );
  const remarks: Remark[] = [];
  const targets = imported.targets.map((target) => {
    const { dependsOn: _, ...others } = target.settings;
    const all = textsAt(target.settings, 'dependsOn');
    const kept = all.filter((name) => complete.has(name));
    if (kept.length === all.length) return target;
    const gone = all.filter((name) => !complete.has(name)).join(', ');
    const message = `It depends on ${gone}, which is not complete. Complete it, and set dependsOn.`;
    remarks.push({ kind: 'untranslated', object: target.from, file: null, field: 'spec.dependsOn', message });
    const settings = { ...others, ...(kept.length === 0 ? {} : { dependsOn: kept }) };
    return { ...target, settings: { ...settings, name: target.settings.name } };
  });
  return { ...imported, targets, remarks: [...imported.remarks, ...remarks] };
}
