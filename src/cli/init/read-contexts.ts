import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';

const Kubeconfig = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ namespace: z.string().optional() }) })).nonempty(),
});

export interface Contexts {
  readonly path: string;
  readonly current: string | null;
  readonly all: readonly { readonly name: string; readonly namespace: string | null }[];
}

/** The contexts of the kubeconfig that kubectl uses. */
export async function readContexts(env: NodeJS.ProcessEnv): Promise<Contexts> {
  const first = (env['KUBECONFIG'] ?? '').split(delimiter).find((path) => path !== '');
  const path = first ?? join(env['HOME'] ?? homedir(), '.kube', 'config');
  try {
    const { contexts, ...rest } = Kubeconfig.parse(parse(await readFile(path, 'utf8')));
    const all = contexts.map(({ name, context }) => ({ name, namespace: context.namespace ?? null }));
    return { path, current: rest['current-context'] ?? null, all };
  } catch (cause) {
    throw new DeployError('config-invalid', {
      subject: path,
      message: `cannot read the contexts of the kubeconfig: ${reasonOf(cause)}`,
      remedy: 'Set KUBECONFIG to a kubeconfig that has a context for your cluster.',
      cause,
    });
  }
}

/** @throws DeployError `usage` when the kubeconfig does not have it */
export function contextOf(name: string, { all }: Contexts): Contexts['all'][number] {
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new DeployError('usage', {
    subject: `context ${name}`,
    message: 'the kubeconfig has no such context',
    remedy: `Use one of ${all.map((each) => each.name).join(', ')}.`,
  });
}
