import { VERSION } from '../../app/version.ts';
import { visibleLine } from '../../error/visible-text.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { ShownPlan } from '../../deploy/show/shown-plan.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/**
 * For code scanning: refusals and warnings, at their files and lines.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function formatSarif({ target, refusals, warnings }: ShownPlan, configPath: string): string {
  const results = [
    ...refusals.map((problem) => resultOf(problem, { level: 'error', configPath })),
    ...warnings.map((problem) => resultOf(problem, { level: 'warning', configPath })),
  ];
  const rules = [...new Set(results.map(({ ruleId }) => ruleId))].map((id) => ({ id }));
  const driver = { name: 'Headgate', version: VERSION, rules };
  const run = { tool: { driver }, automationDetails: { id: `headgate/plan/${target}` }, results };
  return JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2);
}

/** What names an object instead of a file is shown at the configuration: scanners require a file. */
function resultOf(
  { code, subject, message, remedy }: Problem,
  { level, configPath }: { readonly level: 'error' | 'warning'; readonly configPath: string },
) {
  const [, path, line] = /^(.+\.(?:ya?ml|json)):(\d+)$/.exec(subject) ?? [];
  const file = path ?? (/\.(?:ya?ml|json)$/.test(subject) ? subject : configPath);
  const where = path === undefined && file === configPath ? `${subject}: ` : '';
  return {
    ruleId: code,
    level,
    message: { text: visibleLine(`${where}${message} ${remedy}`) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: {
            uri: file
              .split('/')
              .map((part) => encodeURIComponent(part))
              .join('/'),
          },
          region: { startLine: Math.max(1, Number(line ?? 1)) },
        },
      },
    ],
  };
}
