import { normalizePlaceholders } from '../written/placeholders.ts';

/** What may be filled in: `{{number}}`, `{{branch}}` (made safe) and `{{sha}}`. */
export const PREVIEW_PLACEHOLDERS = ['number', 'branch', 'sha'] as const;

const NUMBERED = /^([^{}]+)\{\{number\}\}$/;

/** `shop-pr-` of `shop-pr-{{number}}`; null: the text is not a prefix followed by the number. */
export function prefixOf(written: string): string | null {
  return NUMBERED.exec(normalizePlaceholders(written))?.[1] ?? null;
}

/** Can a pull request have a number that turns this prefix into this name? */
export function mayBecome(prefix: string, name: string): boolean {
  return name.startsWith(prefix) && /^[1-9]\d*$/.test(name.slice(prefix.length));
}

/** Do two prefixes become one name, with the same number or different ones? */
export function mayMeet(prefix: string, other: string): boolean {
  return prefix === other || mayBecome(prefix, other) || mayBecome(other, prefix);
}

/** A branch as part of a host name: `Feature/New UI` becomes `feature-new-ui`. Two branches may become one. */
export function safeBranch(branch: string): string {
  const dashed = branch
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 41);
  return dashed.replaceAll(/^-|-$/g, '').slice(0, 40).replace(/-$/, '') || 'branch';
}
