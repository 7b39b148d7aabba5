import type { SecretReference } from '../../config/written/reference.ts';

export interface ConnectFlags {
  /** Where Headgate receives webhooks; null: the URL of the stack. */
  readonly url: string | null;
  /** A token that may administer webhooks; null: the repository's own. */
  readonly token: SecretReference | null;
  /** Print how to create an App of the Git host instead. */
  readonly isApp: boolean;
  /** Print only the RBAC manifests of the targets on the cluster. */
  readonly isRbac: boolean;
}
