import { afterAll, expect, it } from 'vitest';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import { runProbe } from '../../../src/app/probes/probe.ts';
import { signingKeyProbes } from '../../../src/app/probes/secret-probes.ts';
import type { SecretReference } from '../../../src/config/written/reference.ts';
import { configOf, file } from '../../config/builders.ts';
import { SshKeys } from '../../signing/ssh-keys.ts';

const keys = new SshKeys();
const common = { env: {}, log: () => undefined, holder: 'test', progress: () => undefined };
const runtime = localRuntime({ config: configOf(file({})), ...common });

afterAll(() => {
  runtime.close();
  keys.remove();
});

it('reports the type of each signing key once, and a key that cannot sign', async () => {
  const good: SecretReference = { kind: 'file', path: keys.make(['-t', 'ed25519']) };
  const encrypted: SecretReference = { kind: 'file', path: keys.make(['-t', 'ed25519'], 'secret') };
  const probes = signingKeyProbes([good, good, encrypted], runtime.secrets);
  const results = await Promise.all(probes.map((probe) => runProbe(probe, new AbortController().signal)));
  expect(results).toEqual([
    { kind: 'secret', name: `file:${good.path}`, detail: 'signs with ssh-ed25519', problem: null },
    expect.objectContaining({
      name: `file:${encrypted.path}`,
      detail: `the signing key file:${encrypted.path} is encrypted with a passphrase`,
      problem: expect.objectContaining({ code: 'config-invalid' }),
    }),
  ]);
});
