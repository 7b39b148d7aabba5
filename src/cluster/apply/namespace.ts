import type { Plan, Write } from '../../plan/model/plan.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { applyRequest } from '../api/dry-run.ts';
import type { ClusterRun } from '../state/run.ts';
import { problemOf } from '../api/status.ts';
import type { Application } from './application.ts';

/** The state is stored in the target's namespace, so a missing one is created before the first write of the state. */
export async function createNamespace(
  { plan }: Application,
  { connection, target }: ClusterRun,
  signal: AbortSignal,
): Promise<void> {
  const planned = namespaceWrite(plan, target.namespace);
  const request =
    planned === undefined
      ? ({
          method: 'POST',
          path: '/api/v1/namespaces?fieldManager=headgate',
          body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: target.namespace } }),
          contentType: 'application/json',
          accept: METADATA_ONLY,
        } as const)
      : applyRequest(`/api/v1/namespaces/${target.namespace}?`, planned.candidate.body, target);
  const answer = await connection.request(request, signal);
  if (answer.status < 300) return;
  // Either it was created meanwhile, or it is still being deleted and the next attempt creates it.
  if (answer.status === 409 && (await namespaceExists(target.namespace, connection, signal))) return;
  throw await problemOf(answer, { subject: `Namespace ${target.namespace}`, secret: false });
}

async function namespaceExists(
  name: string,
  connection: ClusterRun['connection'],
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/api/v1/namespaces/${name}`;
  const { status } = await connection.request({ method: 'GET', path, accept: METADATA_ONLY }, signal);
  return status < 300;
}

function namespaceWrite(plan: Plan, namespace: string): Write | undefined {
  return plan.steps
    .flat()
    .find(({ candidate: { resource } }) => resource.id.kind === 'Namespace' && resource.id.name === namespace);
}
