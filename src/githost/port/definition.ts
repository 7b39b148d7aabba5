import type { Host } from './host.ts';
import type { HostProfile } from './profile.ts';

/** A Git host that is not in the list of this package. */
export interface HostDefinition extends Host {
  /** `host` in headgate.yml. */
  readonly name: string;
  readonly profile: HostProfile;
}
