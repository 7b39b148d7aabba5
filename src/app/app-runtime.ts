import type { Connection } from '../cluster/api/connection.ts';
import type { AccessOf } from './access-of.ts';
import type { TokenUse } from '../githost/port/token-issuer.ts';
import type { Target, Repository } from '../config/checked/config.ts';
import type { TargetCluster } from '../cluster/cluster.ts';
import type { RunPorts, Runtime } from '../deploy/ports/runtime.ts';
import type { HttpAgents } from '../exchange/exchange.ts';
import type { Servers } from '../exchange/servers.ts';
import type { openRepository } from '../git/reader.ts';
import type { GitServer } from '../git/wire/transport.ts';
import type { Revision } from '../snapshot/source.ts';

export interface AppRuntime extends Runtime {
  /** A target's cluster without its repository. */
  readonly openCluster: (target: Target) => Promise<TargetCluster>;
  /** A target's cluster, for what is not about the target's objects. */
  readonly connect: (target: Target) => Promise<Connection>;
  readonly accessOf: AccessOf;
  /** `limitMs`: how long the run may take; null: no limit. */
  readonly open: (target: Target, revision: Revision | null, limitMs?: number | null) => Promise<RunPorts>;
  readonly openGit: (repository: Repository) => Promise<ReturnType<typeof openRepository>>;
  /** A repository's server with this token; null: without any. */
  readonly gitServerOf: (repository: Repository, token: string | null) => Promise<GitServer>;
  readonly agents: HttpAgents;
  /** The token that reads the repository; null: none. An App has one for each use. */
  readonly tokenOf: (repository: Repository, use?: TokenUse) => Promise<string | null>;
  readonly servers: Servers;
  close(): void;
}
