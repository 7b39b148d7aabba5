import type { Problem } from '../../error/deploy-error.ts';
import type { Paint } from './paint.ts';
import { escapeControls } from './escape-controls.ts';

/** An error for people: what is wrong, where, and the remedy. */
export function formatProblem({ message, subject, remedy }: Problem, paint: Paint): string {
  return [
    `${paint('red', 'error:')} ${escapeControls(message)}`,
    `  where:  ${escapeControls(subject)}`,
    `  remedy: ${escapeControls(remedy)}`,
    '',
  ].join('\n');
}
