import type { SecretReference } from '../config/written/reference.ts';

/** Reads secrets instead of this package. It throws when the secret does not exist. */
export type SecretStore = (reference: SecretReference, signal: AbortSignal) => Promise<string>;
