import { beginningOf } from '../../error/cut-text.ts';
import { visibleLine } from '../../error/visible-text.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import { lineDiff } from './line-diff.ts';
import { cell, code, codeTag, fenceOf } from './markdown-text.ts';
import { text } from './sections.ts';
import type { Section } from './sections.ts';
import { summaryOf } from './shown-plan.ts';
import type { PlannedChange, ShownPlan } from './shown-plan.ts';

/** What deletes something is never folded. */
const DESTRUCTIVE: ReadonlySet<PlannedChange['op']> = new Set(['prune', 'replace']);

/** A plan in Markdown: first what has to be seen, then what is folded. */
export interface PlanSections {
  /** Refusals, what is deleted or replaced, what restarts, warnings, what it waits for. */
  readonly open: readonly Section[];
  /** The other objects. */
  readonly objects: readonly Section[];
  /** The fields that change, an object each. */
  readonly diffs: readonly Section[];
}

/** `prefix`: of what is folded, where several plans are shown together. */
export function planSections(plan: ShownPlan, prefix = ''): PlanSections {
  const { changes, refusals, warnings, waitingFor, isDeferred } = plan;
  const shown = changes.filter(({ op }) => op !== 'keep');
  const destructive = shown.filter(({ op }) => DESTRUCTIVE.has(op));
  const others = shown.filter(({ op }) => !DESTRUCTIVE.has(op));
  const restarting = shown.filter(({ restarts }) => restarts);
  return {
    open: [
      ...problems('Refused', refusals),
      ...rows(destructive, { begin: '', end: '' }),
      ...(restarting.length === 0
        ? []
        : [
            list(
              '**Restarts**, because the pod template changes:',
              restarting.map(({ id }) => `- ${code(formatId(id))}`),
            ),
          ]),
      ...problems('Warnings', warnings),
      ...(waitingFor.length === 0
        ? []
        : [text(`${isDeferred ? 'Waits' : 'Waits until ready'}: ${waitingFor.map((name) => code(name)).join(', ')}`)]),
    ],
    objects: rows(others, foldedBy(`${prefix}${summaryOf({ changes: others, refusals: [] })}`)),
    diffs: shown.flatMap((change) => (change.fields.length === 0 ? [] : [diffOf(change, prefix)])),
  };
}

function list(title: string, lines: readonly string[]): Section {
  return { begin: `${title}\n`, lines, end: '', unit: 'object' };
}

function rows(changes: readonly PlannedChange[], { begin, end }: Pick<Section, 'begin' | 'end'>): readonly Section[] {
  if (changes.length === 0) return [];
  const lines = changes.map(({ op, id, source, reason }) => {
    const what = reason === null ? op : `${op}: ${reason}`;
    return `| ${cell(what)} | ${cell(formatId(id))} | ${cell(source)} |`;
  });
  return [{ begin: `${begin}| change | object | source |\n|---|---|---|`, lines, end, unit: 'object' }];
}

export function problems(title: string, found: readonly Problem[]): readonly Section[] {
  if (found.length === 0) return [];
  const lines = found.map(
    ({ subject, message, remedy }) => `- ${code(subject)}: ${code(clip(message))}\n  ${code(clip(remedy))}`,
  );
  return [{ begin: `**${title}**\n`, lines, end: '', unit: 'problem' }];
}

function diffOf({ id, fields }: PlannedChange, prefix: string): Section {
  const lines = fields.flatMap((field) => fieldLines(field)).map((line) => visibleLine(clip(line)));
  const fence = fenceOf(lines);
  const title = `${prefix}${codeTag(formatId(id))}: ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`;
  const { begin, end } = foldedBy(title);
  return { begin: `${begin}${fence}diff`, lines, end: `${fence}\n${end}`, unit: 'line' };
}

/** A text of several lines is compared line by line. */
function fieldLines({ path, before, after }: FieldChange): readonly string[] {
  if (typeof before === 'string' && typeof after === 'string' && `${before}${after}`.includes('\n'))
    return [`@@ ${path} @@`, ...lineDiff(before, after)];
  return [
    ...(before === undefined ? [] : [`- ${path}: ${stringifyJson(before)}`]),
    ...(after === undefined ? [] : [`+ ${path}: ${stringifyJson(after)}`]),
  ];
}

/** The blank lines make Markdown of what is between them. */
function foldedBy(summary: string): Pick<Section, 'begin' | 'end'> {
  return { begin: `<details><summary>${summary}</summary>\n\n`, end: '\n</details>' };
}

/** One value must not take the room of all others. */
const LONGEST_LINE = 2_000;

function clip(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  const beginning = beginningOf(line, LONGEST_LINE);
  return `${beginning}… (${line.length - beginning.length} more characters)`;
}
