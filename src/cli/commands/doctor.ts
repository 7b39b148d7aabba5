import { accessChecks } from '../access-checks.ts';
import type { Context, ExitCode } from '../context.ts';
import { doctorChecks } from '../doctor-checks.ts';
import type { DoctorFlags } from '../doctor-checks.ts';
import { foundAsJson, foundAsTable, lookAt } from '../look-at.ts';
import { findRules } from '../rule-findings.ts';

/** Everything that `check` looks at, and the mistakes that set-ups have in practice. */
export async function doctorCommand(context: Context, flags: DoctorFlags): Promise<ExitCode> {
  const access = accessChecks(context);
  try {
    const rules = await findRules(context.config, access.runtime, context.signal);
    const targets = [...context.config.targets, ...rules.targets];
    const checks = [...access.checks, ...doctorChecks(context, access, { ...flags, targets })];
    const looked = await Promise.all(checks.map((check) => lookAt(check, context.signal)));
    const found = [...looked, ...rules.found];
    context.print(context.output === 'json' ? foundAsJson(found) : foundAsTable(found, context));
    return found.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
