import { accessProbes } from '../lookup/access-probes.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { doctorProbes } from '../setup/doctor-probes.ts';
import type { DoctorFlags } from '../setup/doctor-probes.ts';
import { resultsAsJson, resultsAsTable, runProbe } from '../lookup/probe.ts';
import { probeTemplates } from '../lookup/template-probes.ts';

/** Everything that `check` looks at, and the mistakes that set-ups have in practice. */
export async function doctorCommand(context: Context, flags: DoctorFlags): Promise<ExitCode> {
  const access = accessProbes(context);
  try {
    const templates = await probeTemplates(context.config, access.runtime, context.signal);
    const targets = [...context.config.targets, ...templates.targets];
    const checks = [...access.probes, ...doctorProbes(context, access, { ...flags, targets })];
    const looked = await Promise.all(checks.map((check) => runProbe(check, context.signal)));
    const results = [...looked, ...templates.found];
    context.print(context.output === 'json' ? resultsAsJson(results) : resultsAsTable(results, context));
    return results.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
