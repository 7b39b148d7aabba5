import { beginningOf } from '../../error/cut-text.ts';
import { visibleLine } from '../../error/visible-text.ts';

/** As on the command line. */
const REASON_LENGTH = 200;

/** What a person wrote in a comment: `/headgate plan shop-prod`. */
export type Command =
  | { readonly kind: 'plan'; readonly target: string | null }
  | { readonly kind: 'approve'; readonly hash: string }
  | { readonly kind: 'hold'; readonly target: string; readonly reason: string }
  | { readonly kind: 'release'; readonly target: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'unknown'; readonly text: string };

/** Only the first line is read; null: it is not a command. */
export function readCommand(body: string): Command | null {
  const [line = ''] = body.trimStart().split(/\r?\n/, 1);
  const [name, verb = 'help', argument, ...others] = line.trim().split(/[ \t]+/);
  if (name !== '/headgate') return null;
  if (verb === 'hold') return readHold(argument, others) ?? { kind: 'unknown', text: line };
  if (others.length > 0) return { kind: 'unknown', text: line };
  if (verb === 'plan') return { kind: 'plan', target: argument ?? null };
  if (verb === 'approve' && argument !== undefined) return { kind: 'approve', hash: argument };
  if (verb === 'release' && argument !== undefined) return { kind: 'release', target: argument };
  if (verb === 'help' && argument === undefined) return { kind: 'help' };
  return { kind: 'unknown', text: line };
}

/** Everyone who pushes reads the reason, so a hold without one is not a command. */
function readHold(target: string | undefined, words: readonly string[]): Command | null {
  const reason = beginningOf(visibleLine(words.join(' ')), REASON_LENGTH);
  return target === undefined || reason === '' ? null : { kind: 'hold', target, reason };
}
