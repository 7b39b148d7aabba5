import { runInNewContext } from 'node:vm';
import type { TagPolicy } from '../../config/checked/config.ts';

/** A tag with the part of it that is compared. */
export interface Keyed {
  readonly tag: string;
  readonly key: string;
}

/** 50,000 tags take 80 ms with an ordinary pattern; a crowded machine takes many times as long. */
const LIMIT_MS = 5000;

/**
 * The tags that match a pattern. Anyone who may push an image chooses its tags, and some patterns take forever on some texts
 * (`^(a+)+$`): the engine is stopped after 5 s, which only `node:vm` can do.
 */
export function keysIn(
  { pattern, by }: Pick<Extract<TagPolicy, { kind: 'newest' }>, 'pattern' | 'by'>,
  tags: readonly string[],
): readonly Keyed[] | 'too-slow' {
  const keyed: Keyed[] = [];
  const expression = new RegExp(pattern);
  const match = () => {
    for (const tag of tags) {
      const found = expression.exec(tag);
      const key = found === null ? undefined : by === null ? tag : found.groups?.[by];
      if (key !== undefined) keyed.push({ tag, key });
    }
  };
  try {
    runInNewContext('match()', { match }, { timeout: LIMIT_MS });
  } catch (thrown) {
    if (isTimeout(thrown)) return 'too-slow';
    throw thrown;
  }
  return keyed;
}

function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
