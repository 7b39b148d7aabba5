import { DeployError } from '../../../error/deploy-error.ts';
import type { KmsCiphertext } from './kms.ts';
import { readParameter } from './parameter-store.ts';
import type { Aws } from '../api/request.ts';
import { readSecretValue } from './secrets-manager.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

export type AwsReference = Extract<SecretReference, { kind: 'ssm' | 'secretsmanager' }>;

export interface AwsSecrets {
  /** From memory, when it was read within the last five minutes. */
  read(reference: AwsReference, signal: AbortSignal): Promise<string>;
  /** Reads it again, as it may have been rotated; false when that was done less than a minute ago. */
  reread(reference: AwsReference, signal: AbortSignal): Promise<boolean>;
  /** By the key management service; null: that key does not open it. */
  unwrap(wrapped: KmsCiphertext, signal: AbortSignal): Promise<Uint8Array | null>;
}

export interface AwsSecretsOptions {
  readonly aws: Aws;
  /** Null: not known, and only an ARN says where its secret is. */
  readonly region: string | null;
  readonly nowMs: () => number;
}

const KEPT_MS = 5 * 60_000;
/** Whoever sends wrong signatures can make us ask this often, and no more. */
const REREAD_MS = 60_000;

interface Kept {
  readonly readAtMs: number;
  readonly value: Promise<string>;
}

/** Remembers what it read for as long as its owner keeps it. */
export function awsSecrets({ aws, region, nowMs }: AwsSecretsOptions): AwsSecrets {
  const kept = new Map<string, Kept>();
  const rereadAtMs = new Map<string, number>();

  function readNow(reference: AwsReference, signal: AbortSignal): Promise<string> {
    const key = JSON.stringify(reference);
    const before = kept.get(key);
    const value = ask(reference, { aws, region, signal });
    const mine = { readAtMs: nowMs(), value };
    kept.set(key, mine);
    // A failed look replaces nothing: what is known may still be right.
    value.catch(() => {
      if (kept.get(key) !== mine) return;
      if (before === undefined) kept.delete(key);
      else kept.set(key, { ...before, readAtMs: mine.readAtMs });
    });
    return value;
  }

  return {
    read(reference, signal) {
      const known = kept.get(JSON.stringify(reference));
      return known !== undefined && nowMs() - known.readAtMs < KEPT_MS ? known.value : readNow(reference, signal);
    },
    async reread(reference, signal) {
      const key = JSON.stringify(reference);
      if (nowMs() - (rereadAtMs.get(key) ?? -Infinity) < REREAD_MS) return false;
      rereadAtMs.set(key, nowMs());
      await readNow(reference, signal);
      return true;
    },
    async unwrap(wrapped, signal) {
      // Only what renders opens anything: a webhook starts without it.
      const { decryptByKms } = await import('./kms.ts');
      return decryptByKms(wrapped, aws, signal);
    },
  };
}

function ask(
  reference: AwsReference,
  { aws, region, signal }: { aws: Aws; region: string | null; signal: AbortSignal },
): Promise<string> {
  switch (reference.kind) {
    case 'ssm':
      return readParameter({ name: reference.name, region: regionOf(reference.name, region) }, aws, signal);
    case 'secretsmanager': {
      const { id, key } = reference;
      return readSecretValue({ id, key, region: regionOf(id, region) }, aws, signal);
    }
    default:
      return reference satisfies never;
  }
}

function regionOf(nameOrArn: string, region: string | null): string {
  const named = /^arn:[\w-]+:[\w-]+:([\w-]+):/.exec(nameOrArn)?.[1] ?? region;
  if (named !== null) return named;
  throw new DeployError('config-invalid', {
    subject: nameOrArn,
    message: 'nobody says in which region of AWS it is',
    remedy: 'Set AWS_REGION, or write the whole ARN.',
  });
}
