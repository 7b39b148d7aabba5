import { accessProbes } from '../lookup/access-probes.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatProbes } from '../lookup/format-probes.ts';
import { runProbe } from '../../app/probes/probe.ts';
import type { ProbeResult } from '../../app/probes/probe.ts';
import { probeTemplates } from '../lookup/template-probes.ts';

export async function checkCommand(context: Context): Promise<ExitCode> {
  const { config, configPath } = context;
  const access = accessProbes(context);
  try {
    const { targets, templates } = config;
    const size = `targets: ${targets.length}${templates.length === 0 ? '' : `, templates: ${templates.length}`}, repositories: ${config.repositories.size}, clusters: ${config.clusters.size}`;
    const results: readonly ProbeResult[] = [
      { kind: 'config', name: configPath, detail: size, problem: null },
      ...(await Promise.all(access.probes.map((probe) => runProbe(probe, context.signal)))),
      ...(await probeTemplates(config, access.runtime, context.signal)).results,
    ];
    context.print(formatProbes(results, context));
    return results.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
