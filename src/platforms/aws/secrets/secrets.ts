import { DeployError } from '../../../error/deploy-error.ts';
import type { KmsCiphertext } from './kms.ts';
import { readParameter } from './parameter-store.ts';
import type { Aws } from '../api/request.ts';
import { readSecretValue } from './secrets-manager.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

export type AwsReference = Extract<SecretReference, { kind: 'ssm' | 'secretsmanager' }>;

export interface AwsSecrets {
  /** Cached for five minutes. */
  read(reference: AwsReference, signal: AbortSignal): Promise<string>;
  /** Reads it again, because it may have been rotated. False: already reread within the last minute. */
  reread(reference: AwsReference, signal: AbortSignal): Promise<boolean>;
  /** Decrypts a data key by KMS. Null: that key does not decrypt it. */
  unwrap(wrapped: KmsCiphertext, signal: AbortSignal): Promise<Uint8Array | null>;
}

export interface AwsSecretsOptions {
  readonly aws: Aws;
  /** Null: not configured, so every reference must be an ARN. */
  readonly region: () => Promise<string | null>;
  readonly nowMs: () => number;
}

const CACHE_MS = 5 * 60_000;
/** Anyone who sends wrong signatures triggers a reread, so it is limited to this rate. */
const REREAD_INTERVAL_MS = 60_000;

interface Cached {
  readonly readAtMs: number;
  readonly value: Promise<string>;
}

/** Caches what it reads for as long as it lives. */
export function awsSecrets({ aws, region, nowMs }: AwsSecretsOptions): AwsSecrets {
  const cache = new Map<string, Cached>();
  const rereadAtMs = new Map<string, number>();

  function readNow(reference: AwsReference, signal: AbortSignal): Promise<string> {
    const key = JSON.stringify(reference);
    const before = cache.get(key);
    const value = fetchSecret(reference, { aws, region, signal });
    const entry = { readAtMs: nowMs(), value };
    cache.set(key, entry);
    // A failed read keeps the previous value, which may still be valid.
    value.catch(() => {
      if (cache.get(key) !== entry) return;
      if (before === undefined) cache.delete(key);
      else cache.set(key, { ...before, readAtMs: entry.readAtMs });
    });
    return value;
  }

  return {
    read(reference, signal) {
      const cached = cache.get(JSON.stringify(reference));
      return cached !== undefined && isWithin(CACHE_MS, nowMs() - cached.readAtMs)
        ? cached.value
        : readNow(reference, signal);
    },
    async reread(reference, signal) {
      const key = JSON.stringify(reference);
      if (isWithin(REREAD_INTERVAL_MS, nowMs() - (rereadAtMs.get(key) ?? -Infinity))) return false;
      rereadAtMs.set(key, nowMs());
      await readNow(reference, signal);
      return true;
    },
    async unwrap(wrapped, signal) {
      // Imported on first use: the webhook, whose cold start counts, never decrypts.
      const { decryptByKms } = await import('./kms.ts');
      return decryptByKms(wrapped, aws, signal);
    },
  };
}

/** Less than nothing: the clock was set back since, by whatever amount. */
function isWithin(intervalMs: number, passedMs: number): boolean {
  return passedMs >= 0 && passedMs < intervalMs;
}

async function fetchSecret(
  reference: AwsReference,
  { aws, region, signal }: { aws: Aws; region: AwsSecretsOptions['region']; signal: AbortSignal },
): Promise<string> {
  switch (reference.kind) {
    case 'ssm':
      return readParameter({ name: reference.name, region: await regionOf(reference.name, region) }, aws, signal);
    case 'secretsmanager': {
      const { id, key } = reference;
      return readSecretValue({ id, key, region: await regionOf(id, region) }, aws, signal);
    }
    default:
      return reference satisfies never;
  }
}

async function regionOf(nameOrArn: string, region: AwsSecretsOptions['region']): Promise<string> {
  const named = /^arn:[\w-]+:[\w-]+:([\w-]+):/.exec(nameOrArn)?.[1] ?? (await region());
  if (named !== null) return named;
  throw new DeployError('config-invalid', {
    subject: nameOrArn,
    message: 'no AWS region is configured for this secret',
    remedy: 'Set AWS_REGION, or aws: { region } in headgate.yml, or refer to it by its full ARN.',
  });
}
