import { expect, vi } from 'vitest';
import { withOther } from '../model.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

const FILE = 'apps/quota.yaml';
/** How many Secrets the namespace may have; nothing else in it is one. */
const MOST = 3;

/** The quota of the whole history. @returns once it is enforced. */
export async function limitSecrets({ api, testbed }: Pick<Soak, 'api' | 'testbed'>): Promise<void> {
  const quotas = `/api/v1/namespaces/${testbed.namespace}/resourcequotas`;
  await api.create(quotas, { metadata: { name: 'secrets' }, spec: { hard: { secrets: String(MOST) } } });
  const isEnforced = async () =>
    expect(await api.get(`${quotas}/secrets`)).toMatchObject({ status: { hard: { secrets: String(MOST) } } });
  await vi.waitFor(isEnforced, { timeout: 30_000, interval: 50 });
}

/** A push that the quota refuses in part or in whole, and then a smaller one, which deletes what the first one left. */
async function exceedQuota(soak: Soak): Promise<void> {
  const names = Array.from({ length: MOST + 2 }, () => soak.sources.freshName());
  const few = names.slice(0, 2);
  await deploy(soak, few, '1');
  const refused = await soak.push(withOther(soak.repository, FILE, secrets(names, '2')), 'delivered');
  await soak.outcome(refused, 'partial', 'refused');
  await deploy(soak, few.slice(1), '3');
  await deploy(soak, [], '');
  soak.forgetHistory();
}

async function deploy(soak: Soak, names: readonly string[], value: string): Promise<void> {
  const content = names.length === 0 ? null : secrets(names, value);
  const revision = await soak.push(withOther(soak.repository, FILE, content), 'delivered');
  await soak.outcome(revision, 'deployed');
  const list = await soak.api.get(`/api/v1/namespaces/${soak.testbed.namespace}/secrets`);
  const found = (list?.['items'] ?? []) as unknown as { metadata: { name: string }; data: { v: string } }[];
  const live = found.map(({ metadata, data }) => [metadata.name, Buffer.from(data.v, 'base64').toString()]);
  expect(Object.fromEntries(live)).toEqual(Object.fromEntries(names.map((name) => [name, value])));
}

function secrets(names: readonly string[], value: string): string {
  return names
    .map((name) => `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\nstringData: { v: "${value}" }\n`)
    .join('---\n');
}

export const QUOTAS: readonly Operation[] = [{ name: 'quota exceeded', weight: 4, run: exceedQuota }];
