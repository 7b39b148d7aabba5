import { expect, it } from 'vitest';
import { withNote } from '../../../src/pulls/comment/plan-comment.ts';
import { previewsIn, withPreviews } from '../../../src/pulls/comment/previews-section.ts';

const PLAN = '### Headgate plan\n\nOf `c` merged into `main`.';
const SECTION = '### Headgate preview\n\n| preview | state |\n|---|---|\n| `a` | ready |';

it('puts previews before the plan, and finds them again', () => {
  const content = withPreviews(PLAN, SECTION);
  expect(content.indexOf(SECTION)).toBe(0);
  expect(content.endsWith(PLAN)).toBe(true);
  expect(previewsIn(content)).toBe(SECTION);
});

it('replaces previews and leaves the plan, and takes them away again', () => {
  const other = SECTION.replace('ready', 'gone');
  expect(withPreviews(withPreviews(PLAN, SECTION), other)).toBe(withPreviews(PLAN, other));
  expect(withPreviews(withPreviews(PLAN, SECTION), '')).toBe(PLAN);
  expect(previewsIn(PLAN)).toBe('');
});

it('shows previews where there is no plan', () => {
  const content = withPreviews('', SECTION);
  expect(previewsIn(content)).toBe(SECTION);
  expect(withPreviews(PLAN, previewsIn(content))).toBe(withPreviews(PLAN, SECTION));
});

it('leaves a note at the top, with and without previews', () => {
  const noted = withNote(withPreviews(PLAN, SECTION), 'An answer');
  expect(noted).toMatch(/^> An answer\n\n### Headgate preview\n/);
  expect(previewsIn(noted)).toBe(SECTION);
  expect(withPreviews(noted, '')).toBe(`> An answer\n\n${PLAN}`);
  expect(withPreviews(withNote(PLAN, 'An answer'), SECTION)).toBe(noted);
});
