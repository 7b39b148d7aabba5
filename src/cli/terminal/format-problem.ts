import type { Problem } from '../../error/deploy-error.ts';
import type { Paint } from './paint.ts';
import { escapeControls } from './escape-controls.ts';

/** What, where and remedy, for people. */
export function formatProblem({ message, subject, remedy }: Problem, paint: Paint): string {
  return [
    `${paint('red', 'error:')} ${escapeControls(message)}`,
    `  where:  ${escapeControls(subject)}`,
    `  remedy: ${escapeControls(remedy)}`,
    '',
  ].join('\n');
}
