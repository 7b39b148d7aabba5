import { formatTable } from '../terminal/table.ts';
import { visibleText } from '../../error/visible-text.ts';
import type { Imported } from './imported.ts';
import type { Remark } from './remarks.ts';

/** What was written, and what has no equivalent. `file`: null when nothing was written. */
export function importReport(
  imported: Imported,
  { file, format }: { readonly file: string | null; readonly format: 'text' | 'json' },
): string {
  const targets = imported.targets.map(({ from, settings, isIncomplete }) => ({
    name: settings.name,
    from,
    suspended: settings['suspend'] === true,
    incomplete: isIncomplete,
  }));
  if (format === 'json') return JSON.stringify({ file, targets, remarks: imported.remarks });
  const rows = targets.map(({ name, from, suspended, incomplete }) => [
    `  ${name}`,
    from,
    incomplete ? 'not complete, written as a comment' : suspended ? 'suspended' : '',
  ]);
  const isLost = ({ kind }: Remark) => kind !== 'note';
  return [
    file === null ? 'No target is complete, so no file was written.' : `Wrote ${file} with these targets:`,
    ...(rows.length === 0 ? [] : [formatTable(['  TARGET', 'FROM', ''], rows)]),
    ...section('Not translated:', imported.remarks.filter(isLost)),
    ...section(
      'Done in another way:',
      imported.remarks.filter((each) => !isLost(each)),
    ),
    ...(file === null ? [] : ['', NEXT]),
  ].join('\n');
}

const NEXT = `Next:
  1. headgate check         # exports that are missing, access to Git and to the cluster
  2. headgate plan TARGET   # nothing to create and nothing to delete: only the owner changes
  3. docs/migrate.md        # the order in which to let the other tool go`;

/** The same remark on many objects is one entry. */
function section(title: string, remarks: readonly Remark[]): readonly string[] {
  if (remarks.length === 0) return [];
  const byText = Map.groupBy(remarks, ({ field, message }) => `${field}: ${message}`);
  const entries = [...byText].map(([text, list]) => {
    const objects = [...new Set(list.map(({ object, file }) => (file === null ? object : `${object} (${file})`)))];
    return `  ${visibleText(text)}\n${objects.map((object) => `    ${visibleText(object)}`).join('\n')}`;
  });
  return ['', title, ...entries];
}
