import { describe, expect, it } from 'vitest';
import { formatStatusJson, formatStatusTable } from '../../../src/cli/commands/format-status.ts';
import type { Fleet } from '../../../src/cli/lookup/read-fleet.ts';
import { NO_PREVIEWS } from '../../../src/cli/lookup/read-previews.ts';
import { asRevision } from '../../../src/snapshot/source.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import { configOf, file } from '../../config/builders.ts';

const since = '2026-01-01T00:00:00Z';
const revision = asRevision('a'.repeat(40));

/** A target whose runs fail, as the deploy function on AWS records it. */
function statusOf(errors: readonly string[], more: { readonly gaveUpOn?: string } = {}): Fleet {
  const [target] = configOf(file({})).targets;
  if (target === undefined) throw new Error('no target');
  const retry = { revision, reason: 'the API server does not respond', since, ...more };
  const state = { ...NOTHING_RECORDED, outcome: { ...NOTHING_RECORDED.outcome, errors, retry } };
  return {
    rows: [{ target, state, readiness: null, notReady: [], problem: null, letters: [] }],
    refused: [],
    leftovers: [],
    problems: [],
  };
}

describe('the status of a target whose request was given up on AWS', () => {
  it('has the dead letter and the verdict failed', () => {
    const shownOf = (status: Fleet) => (JSON.parse(formatStatusJson(status, NO_PREVIEWS)) as readonly object[])[0];
    expect(shownOf(statusOf(['gave-up'], { gaveUpOn: 'd-1' }))).toMatchObject({
      verdict: 'failed',
      deadLetters: [{ delivery: 'd-1', revision, at: since }],
    });
    // As a release before recorded it.
    expect(shownOf(statusOf(['gave-up']))).toMatchObject({ deadLetters: [{ delivery: null }] });
    const text = formatStatusTable(statusOf(['gave-up']), NO_PREVIEWS, Date.parse(since));
    expect(text).toContain(`dead letter: shop-prod aaaaaaaaaaaa (on AWS, failing since ${since})`);
  });

  it('is retrying before that', () => {
    const [shown] = JSON.parse(formatStatusJson(statusOf([]), NO_PREVIEWS)) as readonly object[];
    expect(shown).toMatchObject({ verdict: 'retrying', deadLetters: [] });
  });
});
