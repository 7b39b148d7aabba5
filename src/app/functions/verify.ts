import * as z from 'zod/mini';
import { awsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import { callerOf } from '../../platforms/aws/api/caller.ts';
import { openSessions } from '../../cluster/api/connection.ts';
import type { SessionPool } from '../../cluster/api/connection.ts';
import { hasReadRole } from '../../config/derived/read-role.ts';
import type { Config, Target } from '../../config/checked/config.ts';
import { representativeTargets } from '../../config/templates/representative-target.ts';
import { readProbe, repositoryProbe, targetProbe } from '../probes/access-probes.ts';
import { credentialsOf, keysOf, secretProbes } from '../probes/secret-probes.ts';
import { runProbe } from '../probes/probe.ts';
import type { Probe, ProbeResult } from '../probes/probe.ts';
import { statusesProbe } from '../probes/statuses-probe.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import type { AppRuntime } from '../app-runtime.ts';

const Verification = z.object({ verify: z.array(z.string()) });

/**
 * Looks from inside the function, with its own role, network and secrets, at everything that these targets need. Writes
 * nothing. Only a principal that may invoke the function can request it: what its URL receives is nested in its event.
 */
export async function verifyTargets(
  event: unknown,
  { world, runtime }: { readonly world: FunctionEnvironment; readonly runtime: AppRuntime },
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const targets = requestedTargets(event, world.config);
  return look((sessions) => [identityProbe(world), ...probesOf(targets, { world, runtime, sessions })], signal);
}

/** What the sweep needs beyond that: its own access to the clusters that have a read role. */
export async function verifyReading(
  event: unknown,
  { world, runtime }: { readonly world: FunctionEnvironment; readonly runtime: AppRuntime },
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const targets = requestedTargets(event, world.config).filter(({ cluster }) => hasReadRole(cluster));
  if (targets.length === 0) return [];
  return look(
    (sessions) => [identityProbe(world), ...targets.map((target) => readProbe(target, { runtime, sessions }))],
    signal,
  );
}

async function look(
  probesOver: (sessions: SessionPool) => readonly Probe[],
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const sessions = openSessions();
  try {
    return await Promise.all(probesOver(sessions).map((probe) => runProbe(probe, signal)));
  } finally {
    sessions.close();
  }
}

function requestedTargets(event: unknown, config: Config): readonly Target[] {
  const names = new Set(z.parse(Verification, event).verify);
  return verifiableTargets(config).filter(({ name }) => names.has(name));
}

/** Targets, and one for each namespace of a template. */
function verifiableTargets({ targets, templates, clusters }: Config): readonly Target[] {
  return [...targets, ...[...clusters.values()].flatMap((cluster) => representativeTargets(templates, cluster))];
}

/** Who the function is on AWS. */
function identityProbe({ aws, region }: FunctionEnvironment): Probe {
  return { kind: 'aws', name: region, run: async (signal) => `as ${(await callerOf(region, aws, signal)).arn}` };
}

function probesOf(
  targets: readonly Target[],
  { world, runtime, sessions }: { world: FunctionEnvironment; runtime: AppRuntime; sessions: SessionPool },
): readonly Probe[] {
  const repositories = [...new Set(targets.map(({ repository }) => repository))];
  const references = [...repositories.flatMap(credentialsOf), ...targets.flatMap(keysOf)];
  // Not those that this environment has read before: they may have been deleted since.
  const secrets = { ...world.secrets, aws: awsSecrets({ ...world, region: async () => world.region }) };
  return [
    ...secretProbes(references, secrets),
    ...repositories.map((repository) => repositoryProbe(repository, runtime)),
    ...repositories.flatMap((repository) => statusesProbe(repository, runtime) ?? []),
    ...targets.map((target) => targetProbe(target, { runtime, sessions })),
  ];
}
