import type { SecretReference } from '../config/written/reference.ts';

/** Reads secrets instead of this package. It throws when the secret does not exist, or a DeployError when a retry may help. */
export type SecretStore = (reference: SecretReference, signal: AbortSignal) => Promise<string>;
