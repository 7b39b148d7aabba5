import { formatMarkdown } from '../../deploy/show/format-markdown.ts';
import { changesAnything } from '../../deploy/show/shown-plan.ts';
import type { ShownPlan } from '../../deploy/show/shown-plan.ts';
import { formatJson } from './format-json.ts';
import { formatSarif } from './format-sarif.ts';
import { formatText } from './format-text.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export type PlanFormat = 'text' | 'json' | 'markdown' | 'sarif';

/** Exits with 2 when a deploy would change something, 1 when it would be refused. */
export function printPlan(
  shown: ShownPlan,
  format: PlanFormat,
  { print, configPath }: Pick<Context, 'print' | 'configPath'>,
): ExitCode {
  print(FORMATS[format](shown, configPath));
  if (shown.refusals.length > 0) return 1;
  return changesAnything(shown) ? 2 : 0;
}

const FORMATS: Readonly<Record<PlanFormat, (plan: ShownPlan, configPath: string) => string>> = {
  text: formatText,
  json: formatJson,
  markdown: formatMarkdown,
  sarif: formatSarif,
};
