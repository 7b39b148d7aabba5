import type { AuthenticDelivery, Delivery, Proof } from '../../githost/port/git-host.ts';
import type { DeliveryDecision } from './answer.ts';
import type { Reception, SecretOwner } from './reception.ts';

/** What a path leads to: whose secret proves the origin of a delivery, and what happens with a proven one. */
export interface Endpoint {
  /** For the log. The path itself may contain a secret. */
  readonly named: { readonly repository: string } | { readonly image: string };
  readonly owner: SecretOwner;
  deliveryIdOf(headers: Delivery['headers']): string | null;
  hasProof(headers: Delivery['headers']): boolean;
  authenticate(delivery: Delivery, proof: Proof): Promise<AuthenticDelivery | null> | AuthenticDelivery | null;
  decide(delivery: AuthenticDelivery, reception: Reception, signal: AbortSignal): Promise<DeliveryDecision>;
}
