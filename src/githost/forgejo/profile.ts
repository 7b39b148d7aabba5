import { giteaProfile } from '../gitea/profile.ts';
import type { HostProfile } from '../port/profile.ts';

export const forgejoProfile: HostProfile = { ...giteaProfile, exampleUrl: 'https://codeberg.org/acme/fleet.git' };
