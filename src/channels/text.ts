import { cutWhile } from '../error/cut-text.ts';
import type { Limit } from '../error/cut-text.ts';
import type { Destination, Notice } from './port.ts';
import type { Severity } from '../config/written/channel-events.ts';

/** One line of a message, before a channel escapes and formats it. */
export interface Line {
  /** `shop-prod: deployed`; empty: none. */
  readonly strong: string;
  readonly commit: { readonly short: string; readonly url: string | null } | null;
  readonly text: string;
}

const PHRASES: Readonly<Record<Notice['event'], string>> = {
  deployed: 'deployed',
  failed: 'failed',
  refused: 'refused',
  partial: 'partly deployed',
  ready: 'ready',
  'not-ready': 'not ready',
  waiting: 'waiting',
  held: 'held',
  released: 'hold ended',
  drift: 'drift',
  image: 'new image version',
  promoted: 'promoted',
  test: 'test message',
};

/** `shop-prod: deployed`, or `12 targets: 10 deployed, 2 failed`. */
export function headline(notices: readonly Notice[]): string {
  const [first] = notices;
  if (first === undefined) return '';
  if (notices.length === 1) return titleOf(first);
  const phrases = [...Map.groupBy(notices, ({ event }) => PHRASES[event])];
  const targets = new Set(notices.map(({ target }) => target));
  const who = targets.size === 1 ? first.target : `${targets.size} targets`;
  return `${who}: ${phrases.map(([phrase, of]) => `${of.length} ${phrase}`).join(', ')}`;
}

export function titleOf({ target, event }: Notice): string {
  return `${target}: ${PHRASES[event]}`;
}

/** The most severe of them. */
export function severityOf(notices: readonly Notice[]): Severity {
  const found = new Set(notices.map(({ severity }) => severity));
  return found.has('error') ? 'error' : found.has('warning') ? 'warning' : 'info';
}

/** With one notice, a message shows all of its details; with several, this many of each. */
const DETAILS_OF_MANY = 2;

/** What a message says below its headline. */
export function linesOf(notices: readonly Notice[], commitUrl: Destination['commitUrl']): readonly Line[] {
  return notices.flatMap((notice) => {
    const isAlone = notices.length === 1;
    const { revision, text, details, more } = notice;
    const commit = revision === null ? null : { short: revision.slice(0, 12), url: commitUrl(notice) };
    const shown = isAlone ? details : details.slice(0, DETAILS_OF_MANY);
    const left = details.length - shown.length + more;
    return [
      { strong: isAlone ? '' : titleOf(notice), commit, text },
      ...shown.map((detail) => ({ strong: '', commit: null, text: detailText(detail) })),
      ...(left === 0 ? [] : [{ strong: '', commit: null, text: `… and ${left} more` }]),
    ];
  });
}

function detailText({ subject, message, remedy }: Notice['details'][number]): string {
  return `• ${subject}: ${message}${remedy === '' ? '' : `. ${remedy}`}`;
}

/** As many formatted lines as fit, the last one cut, and how many did not. */
export function fill(lines: readonly Line[], format: (line: Line) => string, room: Limit): string {
  const whole = lines.map(format).join('\n');
  if (room.lengthOf(whole) <= room.length) return whole;
  const taken: string[] = [];
  for (const [index, line] of lines.entries()) {
    const ending = `… (${lines.length - index} more lines)`;
    const left = room.length - room.lengthOf([...taken, '', ending].join('\n'));
    const formatted = format(line);
    if (room.lengthOf(formatted) > left) {
      const text = cutWhile(line.text, (cut) => room.lengthOf(format({ ...line, text: cut })) > left);
      return [...taken, ...(text === '…' ? [] : [format({ ...line, text })]), ending].join('\n');
    }
    taken.push(formatted);
  }
  return taken.join('\n');
}

/** Cuts a text so that what `format` makes of it fits. */
export function fit(text: string, room: Limit, format = (cut: string) => cut): string {
  return format(cutWhile(text, (cut) => room.lengthOf(format(cut)) > room.length));
}

/** `shop-prod: deployed · abcdef012345 · 1 created` */
export function plainLine({ strong, commit, text }: Line): string {
  return [strong, commit?.short ?? '', text].filter((part) => part !== '').join(' · ');
}

/** The headline and all lines, without any formatting. */
export function plainText(notices: readonly Notice[], { commitUrl }: Destination, room: Limit): string {
  const lines = linesOf(notices, commitUrl).map((line) => ({ ...line, commit: withAddress(line.commit) }));
  const [first] = notices;
  const origin = first === undefined ? '' : `\n\nRepository ${first.repository}, delivery ${first.delivery}`;
  return fill([{ strong: headline(notices), commit: null, text: '' }, ...lines], plainLine, {
    ...room,
    length: room.length - room.lengthOf(origin),
  }).concat(origin);
}

function withAddress(commit: Line['commit']): Line['commit'] {
  return commit === null || commit.url === null ? commit : { ...commit, short: commit.url };
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A line as HTML. */
export function htmlLine({ strong, commit, text }: Line): string {
  const label = commit === null ? '' : escapeHtml(commit.short);
  const link = commit === null || commit.url === null ? label : `<a href="${escapeHtml(commit.url)}">${label}</a>`;
  const parts = [strong === '' ? '' : `<b>${escapeHtml(strong)}</b>`, link, escapeHtml(text)];
  return parts.filter((part) => part !== '').join(' · ');
}

/** A line as Markdown, escaped by a channel's own rules. */
export function markdownLine(escape: (text: string) => string, bold: string) {
  return ({ strong, commit, text }: Line): string => {
    const label = commit === null ? '' : escape(commit.short);
    const link = commit === null || commit.url === null ? label : `[${label}](${commit.url})`;
    const parts = [strong === '' ? '' : `${bold}${escape(strong)}${bold}`, link, escape(text)];
    return parts.filter((part) => part !== '').join(' · ');
  };
}

export const COLORS: Readonly<Record<Severity, string>> = { info: '#2eb67d', warning: '#ecb22e', error: '#e01e5a' };
