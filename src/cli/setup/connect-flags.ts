import type { StackFlags } from './headgate-stack.ts';
import type { SecretReference } from '../../config/written/reference.ts';

export interface ConnectFlags extends StackFlags {
  /** Where Headgate receives; null: what the stack says. */
  readonly url: string | null;
  /** A token that may administer webhooks; null: the repository's own. */
  readonly token: SecretReference | null;
  /** Print the page for a GitHub App instead. */
  readonly isApp: boolean;
  /** Print only the Kubernetes rights of a cluster's targets. */
  readonly isRbac: boolean;
}
