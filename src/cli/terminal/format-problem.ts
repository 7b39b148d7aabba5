import type { Problem } from '../../error/deploy-error.ts';
import type { Paint } from './paint.ts';
import { visibleText } from '../../error/visible-text.ts';

/** An error for people: what is wrong, where, and the remedy. */
export function formatProblem({ message, subject, remedy }: Problem, paint: Paint): string {
  return [
    `${paint('red', 'error:')} ${visibleText(message)}`,
    `  where:  ${visibleText(subject)}`,
    `  remedy: ${visibleText(remedy)}`,
    '',
  ].join('\n');
}
