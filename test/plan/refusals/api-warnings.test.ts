import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { apiWarnings } from '../../../src/plan/refusals/api-warnings.ts';
import { aCandidate, aResource, someFacts } from '../builders.ts';

const old = aResource('Endpoints', 'one', { file: 'apps/a.yaml', line: 7 });
const other = aResource('Endpoints', 'two', { file: 'apps/b.yaml' });
const DEPRECATED = 'v1 Endpoints is deprecated';

describe('the warnings of the API server', () => {
  it('are listed once for each text, at the first object, with the number of other objects', () => {
    const warnings = apiWarnings([
      { resource: old, warnings: [DEPRECATED, DEPRECATED, 'not wanted'] },
      { resource: other, warnings: [DEPRECATED] },
    ]);
    expect(warnings).toEqual([
      {
        code: 'api-warning',
        subject: 'apps/a.yaml:7',
        message: DEPRECATED,
        remedy: 'Change the manifest (and 1 other) before a newer version or a stricter policy refuses it.',
      },
      {
        code: 'api-warning',
        subject: 'apps/a.yaml:7',
        message: 'not wanted',
        remedy: 'Change the manifest before a newer version or a stricter policy refuses it.',
      },
    ]);
  });

  it('are listed without their text if the object has hidden values', () => {
    const secret = aResource('Secret', 's');
    const [warning, ...more] = apiWarnings([{ resource: secret, warnings: ['the pin is 1234', 'the pin is short'] }]);
    expect(more).toEqual([]);
    expect(warning?.message).not.toContain('pin');
  });

  it('are part of the plan, whatever it does with the object', () => {
    const candidates = [
      aCandidate(old, { kind: 'creates', warnings: [DEPRECATED] }),
      aCandidate(other, {
        kind: 'refused',
        problem: { code: 'manifest-rejected', subject: 'x', message: 'x', remedy: 'x' },
        obstacle: 'content',
      }),
    ];
    expect(makePlan(someFacts({ candidates })).warnings).toMatchObject([
      { message: DEPRECATED, subject: 'apps/a.yaml:7' },
    ]);
  });
});
