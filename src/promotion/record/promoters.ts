/** The trailer with the person who requested a promotion by hand. */
export const PROMOTED_BY = 'Headgate-Promotion-By';

/** Bounded, because anyone writes commit messages of any length. */
const TRAILER = new RegExp(`^${PROMOTED_BY}:([^\\n]{1,300})$`, 'gim');

export function promotersIn(message: string): readonly string[] {
  return [...message.matchAll(TRAILER)].map(([, name = '']) => name.trim());
}
