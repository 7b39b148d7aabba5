import { targetProbe } from '../../app/probes/access-probes.ts';
import { runProbe } from '../../app/probes/probe.ts';
import type { Probe, ProbeResult } from '../../app/probes/probe.ts';
import { statusesProbe } from '../../app/probes/statuses-probe.ts';
import { representativeTargets } from '../../config/templates/representative-target.ts';
import { accessProbes } from '../lookup/access-probes.ts';
import type { AccessProbes } from '../lookup/access-probes.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { askFunctions } from '../setup/ask-functions.ts';
import { doctorProbes } from '../setup/doctor-probes.ts';
import type { DoctorFlags } from '../setup/doctor-probes.ts';
import { formatProbes } from '../lookup/format-probes.ts';
import { probeTemplates } from '../lookup/template-probes.ts';

/** Finds the mistakes that setups have in practice, from where deploys run: the functions, or else this machine. */
export async function doctorCommand(context: Context, flags: DoctorFlags): Promise<ExitCode> {
  const { config, signal } = context;
  const access = accessProbes(context);
  try {
    const here = doctorProbes(context, access, flags);
    const templated = [...config.clusters.values()].flatMap((cluster) =>
      representativeTargets(config.templates, cluster),
    );
    const inside = await askFunctions(context, [...config.targets, ...templated]);
    const results = [...(await runAll(here, signal)), ...(inside ?? (await probeHere(context, access)))];
    context.print(formatProbes(results, context));
    return results.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}

/** The probes of `check`, and those of each target. */
async function probeHere({ config, signal }: Context, access: AccessProbes): Promise<readonly ProbeResult[]> {
  const templates = await probeTemplates(config, access.runtime, signal);
  const probes = [
    ...access.probes,
    ...[...config.repositories.values()].flatMap((repository) => statusesProbe(repository, access.runtime) ?? []),
    ...[...config.targets, ...templates.targets].map((target) => targetProbe(target, access)),
  ];
  return [...(await runAll(probes, signal)), ...templates.results];
}

const runAll = (probes: readonly Probe[], signal: AbortSignal): Promise<readonly ProbeResult[]> =>
  Promise.all(probes.map((probe) => runProbe(probe, signal)));
