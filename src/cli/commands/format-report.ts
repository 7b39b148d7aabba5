import type { Target } from '../../config/checked/config.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { countsText, problemsText } from '../../deploy/report/channels/texts.ts';
import type { Report } from '../../deploy/ports/report.ts';
import type { SettledReport } from '../runs/run-until-settled.ts';

export function isSuccess({ verdict, readiness }: Report): boolean {
  return (verdict === 'deployed' || verdict === 'unchanged') && readiness !== 'not-ready';
}

/** A run's report for people, with the objects that are not ready or the errors below it. */
export function formatReport({ name }: Target, report: SettledReport): string {
  const at = report.revision?.slice(0, 12) ?? 'no commit';
  const { notReady = [] } = report;
  if (notReady.length > 0) {
    const objects = notReady.map(({ kind, namespace, name: object, reason }) =>
      visibleLine(`  ${kind} ${namespace}/${object}: ${reason}`),
    );
    return [`${name}: ${report.verdict} at ${at} (${countsText(report)}), not ready:`, ...objects].join('\n');
  }
  if (isSuccess(report)) {
    const ready = report.readiness === 'ready' ? ', ready' : '';
    return `${name}: ${report.verdict} at ${at} (${countsText(report.overall ?? report)}${ready})`;
  }
  if (report.isDeferred === true) return visibleLine(`${name}: ${at} waits: ${(report.waitingFor ?? []).join(', ')}`);
  if (report.verdict === 'waiting')
    return visibleLine(`${name}: waiting at ${at} for ${(report.waitingFor ?? []).join(', ')}`);
  const problems = report.errors.map(
    ({ subject, message, remedy }) => `${visibleLine(`  ${subject}: ${message}`)}\n    ${visibleLine(remedy)}`,
  );
  return [visibleLine(`${name}: ${report.verdict} at ${at}: ${problemsText(report.errors)}`), ...problems].join('\n');
}
