import { describe, expect, it } from 'vitest';
import { mergeRequests } from '../../../src/deploy/requests/merge-requests.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import type { Revision } from '../../../src/snapshot/source.ts';

const DELIVERED: DeployRequest = {
  target: 'blog',
  trigger: { kind: 'delivery', id: '1' },
  hint: { revision: 'a'.repeat(40) as Revision, rootTree: null, isForced: false },
  at: '2026-01-01T00:00:01.000Z',
};
const WOKEN: DeployRequest = { ...DELIVERED, hint: null, at: '2026-01-01T00:00:02.000Z', wokenBy: ['shop'] };

describe('requests that arrive together', () => {
  it('are as old as the one that is retried, whose run may not have reported what it applied', () => {
    expect(mergeRequests(WOKEN, [{ ...DELIVERED, tries: 2 }, WOKEN])).toMatchObject({ at: DELIVERED.at, tries: 2 });
  });

  it('are as old as the newest one when none of them was tried before', () => {
    expect(mergeRequests(WOKEN, [DELIVERED, WOKEN]).at).toBe(WOKEN.at);
  });
});
