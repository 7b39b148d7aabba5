import type { WrappedKey } from '../../desired/sops/envelope.ts';

/** Opens the data keys of encrypted files with the keys of the target. */
export interface DataKeys {
  /** Null: no key fits. @throws DeployError when a key is missing, or its service does not answer. */
  open(key: WrappedKey, signal: AbortSignal): Promise<Uint8Array | null>;
}
