import { giteaReceiver } from '../gitea/receiver.ts';
import type { GitHost } from '../port/git-host.ts';

/** Forgejo sends the headers of Gitea beside its own. */
export const forgejoReceiver: GitHost = giteaReceiver;
