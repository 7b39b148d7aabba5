import { accessChecks } from '../access-checks.ts';
import type { Context, ExitCode } from '../context.ts';
import { foundAsJson, foundAsTable, lookAt } from '../look-at.ts';
import type { Found } from '../look-at.ts';
import { findRules } from '../rule-findings.ts';

export async function checkCommand(context: Context): Promise<ExitCode> {
  const { config, configPath } = context;
  const access = accessChecks(context);
  try {
    const { targets, rules } = config;
    const size = `targets: ${targets.length}${rules.length === 0 ? '' : `, rules: ${rules.length}`}, repositories: ${config.repositories.size}, clusters: ${config.clusters.size}`;
    const found: readonly Found[] = [
      { kind: 'config', name: configPath, detail: size, problem: null },
      ...(await Promise.all(access.checks.map((check) => lookAt(check, context.signal)))),
      ...(await findRules(config, access.runtime, context.signal)).found,
    ];
    context.print(context.output === 'json' ? foundAsJson(found) : foundAsTable(found, context));
    return found.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
