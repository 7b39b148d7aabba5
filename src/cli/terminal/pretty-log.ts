import type { LogOutput } from '../../app/json-log.ts';
import type { Color, Paint } from './paint.ts';
import { visibleText } from '../../error/visible-text.ts';
import type { Log, Level } from '../../deploy/ports/log.ts';

export type LogFormat = 'pretty' | 'json';

const COLORS: Readonly<Record<Level, Color>> = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' };

/** One line per event, for people: time, level, message, and the fields that are not empty. */
export function prettyLog({ write, nowMs, paint }: LogOutput & { readonly paint: Paint }): Log {
  return ({ level, message, ...fields }) => {
    const time = new Date(nowMs()).toTimeString().slice(0, 8);
    const shown = Object.entries(fields).flatMap(([key, value]) => formatField(key, value));
    const head = `${paint('gray', time)} ${paint(COLORS[level], level.padEnd(5))} ${paint('bold', visibleText(message))}`;
    write(`${[head, ...shown.map((field) => paint('gray', visibleText(field)))].join(' ').replaceAll('\n', ' ')}\n`);
  };
}

/** Omits empty values, flattens maps, and shortens ids. */
function formatField(key: string, value: unknown): readonly string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value))
    return value.length === 0 ? [] : [`${key}=${value.map((item: unknown) => formatValue(item)).join('; ')}`];
  if (isProblem(value) || typeof value !== 'object') return [`${key}=${formatValue(value)}`];
  return Object.entries(value).flatMap(([inner, part]) => formatField(`${key}.${inner}`, part));
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return shortened(value);
  if (isProblem(value)) return `${value.subject} ${value.message}`;
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function shortened(text: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return text.slice(0, 12);
  return text.includes(' ') ? JSON.stringify(text) : text;
}

function isProblem(value: unknown): value is { readonly subject: string; readonly message: string } {
  return typeof value === 'object' && value !== null && 'subject' in value && 'message' in value;
}
