import { accessChecks } from '../access-checks.ts';
import type { Context, ExitCode } from '../context.ts';
import { foundAsJson, foundAsTable, lookAt } from '../look-at.ts';
import type { Found } from '../look-at.ts';

export async function checkCommand(context: Context): Promise<ExitCode> {
  const { config, configPath } = context;
  const access = accessChecks(context);
  try {
    const size = `targets: ${config.targets.length}, repositories: ${config.repositories.size}, clusters: ${config.clusters.size}`;
    const found: readonly Found[] = [
      { kind: 'config', name: configPath, detail: size, problem: null },
      ...(await Promise.all(access.checks.map((check) => lookAt(check, context.signal)))),
    ];
    context.print(context.output === 'json' ? foundAsJson(found) : foundAsTable(found, context));
    return found.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
