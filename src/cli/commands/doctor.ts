import { accessProbes } from '../lookup/access-probes.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { doctorProbes } from '../setup/doctor-probes.ts';
import type { DoctorFlags } from '../setup/doctor-probes.ts';
import { formatProbes } from '../lookup/format-probes.ts';
import { runProbe } from '../lookup/probe.ts';
import { probeTemplates } from '../lookup/template-probes.ts';

/** Runs the probes of `check`, and those for the mistakes that setups have in practice. */
export async function doctorCommand(context: Context, flags: DoctorFlags): Promise<ExitCode> {
  const access = accessProbes(context);
  try {
    const templates = await probeTemplates(context.config, access.runtime, context.signal);
    const targets = [...context.config.targets, ...templates.targets];
    const probes = [...access.probes, ...doctorProbes(context, access, { ...flags, targets })];
    const results = [
      ...(await Promise.all(probes.map((probe) => runProbe(probe, context.signal)))),
      ...templates.results,
    ];
    context.print(formatProbes(results, context));
    return results.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
