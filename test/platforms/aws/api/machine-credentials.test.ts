import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { machineCredentials } from '../../../../src/platforms/aws/api/machine-credentials.ts';

/** A machine without a profile, a role or a container. */
beforeEach(() => {
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');
});
afterEach(() => vi.unstubAllEnvs());

describe('machine credentials', () => {
  it('finds credentials where the AWS CLI does, with their expiry', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', '2026-01-02T03:04:05Z');
    const nowMs = Date.UTC(2026, 0, 2);
    expect(await machineCredentials(() => nowMs)()).toEqual({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'session',
      expiresAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
  });

  it('resolves credentials again when they expire in less than a minute', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'one');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const endMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', new Date(endMs).toISOString());
    let nowMs = endMs - 60_001;
    const credentials = machineCredentials(() => nowMs);
    await credentials();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'two');
    expect(await credentials()).toMatchObject({ accessKeyId: 'one' });
    nowMs += 1;
    expect(await credentials()).toMatchObject({ accessKeyId: 'two' });
  });

  it('fails with a remedy when a machine has no credentials', async () => {
    await expect(machineCredentials(Date.now)()).rejects.toMatchObject({
      code: 'aws-unauthorized',
      remedy: expect.stringContaining('AWS_PROFILE'),
    });
  });
});
