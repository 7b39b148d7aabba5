/** What a person wrote in a comment: `/headgate plan shop-prod`. */
export type Command =
  | { readonly kind: 'plan'; readonly target: string | null }
  | { readonly kind: 'approve'; readonly hash: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'unknown'; readonly text: string };

/** Only the first line is read; null: it is not a command. */
export function readCommand(body: string): Command | null {
  const [line = ''] = body.trimStart().split(/\r?\n/, 1);
  const [name, verb = 'help', argument, ...others] = line.trim().split(/[ \t]+/);
  if (name !== '/headgate') return null;
  if (others.length > 0) return { kind: 'unknown', text: line };
  if (verb === 'plan') return { kind: 'plan', target: argument ?? null };
  if (verb === 'approve' && argument !== undefined) return { kind: 'approve', hash: argument };
  if (verb === 'help' && argument === undefined) return { kind: 'help' };
  return { kind: 'unknown', text: line };
}
