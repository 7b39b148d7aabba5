import type { Problem } from '../../error/deploy-error.ts';
import { jsonLog } from '../../app/json-log.ts';
import { makePaint } from './paint.ts';
import { formatProblem } from './format-problem.ts';
import type { CliProcess } from './cli-process.ts';
import type { LogFormat } from './pretty-log.ts';

/** Writes problems to stderr, for people or as JSON lines. */
export function reportProblems(
  problems: readonly Problem[],
  { process, format }: { readonly process: CliProcess; readonly format: LogFormat },
): void {
  const { write, isTerminal } = process.stderr;
  if (format === 'json') {
    const log = jsonLog({ write, nowMs: process.nowMs });
    for (const { message, code, subject, remedy } of problems) log({ level: 'error', message, code, subject, remedy });
    return;
  }
  const paint = makePaint({ isTerminal, env: process.env });
  for (const problem of problems) write(formatProblem(problem, paint));
}
