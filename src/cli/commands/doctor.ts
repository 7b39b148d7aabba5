import { accessChecks } from '../access-checks.ts';
import type { Context, ExitCode } from '../context.ts';
import { doctorChecks } from '../doctor-checks.ts';
import type { DoctorFlags } from '../doctor-checks.ts';
import { foundAsJson, foundAsTable, lookAt } from '../look-at.ts';

/** Everything that `check` looks at, and the mistakes that set-ups have in practice. */
export async function doctorCommand(context: Context, flags: DoctorFlags): Promise<ExitCode> {
  const access = accessChecks(context);
  try {
    const checks = [...access.checks, ...doctorChecks(context, access, flags)];
    const found = await Promise.all(checks.map((check) => lookAt(check, context.signal)));
    context.print(context.output === 'json' ? foundAsJson(found) : foundAsTable(found, context));
    return found.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    access.close();
  }
}
