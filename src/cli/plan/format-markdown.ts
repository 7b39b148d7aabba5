import { visibleLine } from '../../error/visible-text.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import { summaryOf } from './shown-plan.ts';
import type { PlannedChange, ShownPlan } from './shown-plan.ts';

/** GitHub accepts 65,536 characters in a comment, and the script that posts it may add some. */
const LONGEST = 60_000;

/** What deletes something is never folded. */
const DESTRUCTIVE: ReadonlySet<PlannedChange['op']> = new Set(['prune', 'replace']);

/**
 * For a comment on a pull request. Whatever comes from the repository or the cluster is code, so that it is neither markup
 * nor a mention.
 */
export function formatMarkdown(plan: ShownPlan): string {
  const { target, previous, revision, changes, refusals, warnings, waitingFor, isDeferred } = plan;
  const shown = changes.filter(({ op }) => op !== 'keep');
  const [destructive, others] = [
    shown.filter(({ op }) => DESTRUCTIVE.has(op)),
    shown.filter(({ op }) => !DESTRUCTIVE.has(op)),
  ];
  const compared = [previous?.slice(0, 12) ?? 'nothing', revision?.slice(0, 12) ?? 'working directory'];
  const whole = [
    `### Plan of ${code(target)}`,
    `**${summaryOf(plan)}** · ${compared.map((commit) => code(commit)).join(' → ')}`,
    ...problems('Refused', refusals),
    ...rows(destructive),
    ...problems('Warnings', warnings),
    ...(waitingFor.length === 0
      ? []
      : [`${isDeferred ? 'Waits' : 'Waits until ready'}: ${waitingFor.map((name) => code(name)).join(', ')}`]),
  ];
  const rest =
    others.length === 0 ? [] : [folded(summaryOf({ changes: others, refusals: [] }), rows(others).join('\n'))];
  const diffs = shown.flatMap((change) => (change.fields.length === 0 ? [] : [diffOf(change)]));
  return fitting([...whole, ...rest, ...diffs], target).join('\n\n');
}

/** As many sections as fit; the first ones say the most. */
function fitting(sections: readonly string[], target: string): readonly string[] {
  const kept: string[] = [];
  let length = 0;
  for (const section of sections) {
    length += section.length + 2;
    if (length > LONGEST) {
      const left = sections.length - kept.length;
      return [
        ...kept,
        `${left} more ${left === 1 ? 'section does' : 'sections do'} not fit here. See all: ${code(`headgate plan ${target}`)}`,
      ];
    }
    kept.push(section);
  }
  return kept;
}

function rows(changes: readonly PlannedChange[]): readonly string[] {
  if (changes.length === 0) return [];
  const lines = changes.map(({ op, id, source, reason }) => {
    const what = reason === null ? op : `${op}: ${reason}`;
    return `| ${cell(what)} | ${cell(formatId(id))} | ${cell(source)} |`;
  });
  return [['| change | object | source |', '|---|---|---|', ...lines].join('\n')];
}

function problems(title: string, list: readonly Problem[]): readonly string[] {
  if (list.length === 0) return [];
  const items = list.map(({ subject, message, remedy }) => `- ${code(subject)}: ${code(message)}\n  ${code(remedy)}`);
  return [`**${title}**\n\n${items.join('\n')}`];
}

function diffOf({ id, fields }: PlannedChange): string {
  const lines = fields.flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- ${path}: ${valueOf(before)}`]),
    ...(after === undefined ? [] : [`+ ${path}: ${valueOf(after)}`]),
  ]);
  return folded(
    `${codeTag(formatId(id))}: ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`,
    fenced('diff', lines.map((line) => visibleLine(line)).join('\n')),
  );
}

function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function valueOf(value: NonNullable<FieldChange['before']> | null): string {
  return stringifyJson(value);
}

/** A span ends at as many backticks as it begins with: https://spec.commonmark.org/0.31.2/#code-spans */
function code(text: string): string {
  const visible = visibleLine(text);
  const ticks = '`'.repeat(longestTicks(visible) + 1);
  const pad = visible.startsWith('`') || visible.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${visible}${pad}${ticks}`;
}

/** In a table, a bar ends the cell even in code: https://github.github.com/gfm/#example-200 */
function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

/** Markdown is not read inside of a summary. */
function codeTag(text: string): string {
  const escaped = visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<code>${escaped}</code>`;
}

function fenced(language: string, text: string): string {
  const ticks = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

function longestTicks(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
