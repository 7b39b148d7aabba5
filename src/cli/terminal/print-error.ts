import type { Problem } from '../../error/deploy-error.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

/** What, where and remedy, for people. */
export function formatProblem({ message, subject, remedy }: Problem, paint: Paint): string {
  return [
    `${paint('red', 'error:')} ${printable(message)}`,
    `  where:  ${printable(subject)}`,
    `  remedy: ${printable(remedy)}`,
    '',
  ].join('\n');
}
