/*
 * `headgate/toolkit`: what is public for those who make a custom Git host, channel, renderer, queue or platform, and run the
 * same deploy line with it. docs/toolkit.md says what is stable. Nothing else of the package can be imported.
 */

// A Git host
export { gitHost } from './git-host.ts';
export type { GitHostApi, GitHostOptions } from './git-host.ts';
export type { HostDefinition } from '../githost/port/host.ts';
export type {
  AuthenticDelivery,
  Delivery,
  GitHost,
  Parsed,
  Proof,
  Push,
  RepositoryIdentity,
} from '../githost/port/git-host.ts';
export type {
  ApiAnswer,
  CommitStatus,
  HostApi,
  HostRequest,
  RateLimit,
  RepositoryLocation,
} from '../githost/port/host-api.ts';
export type { HostProfile } from '../githost/port/profile.ts';
export { authenticateSha256, authenticWith, isSha256Signature } from '../githost/port/authentic.ts';
export { ownerAndName, webAddress, wholePath } from '../githost/port/full-name.ts';
export { jsonRequest } from '../githost/rest/json-request.ts';
export { parseRefChanges } from '../githost/port/ref-changes.ts';
export { DESCRIPTION, shorten } from '../githost/port/shorten.ts';
export type { Description } from '../githost/port/shorten.ts';
export type { Limit } from '../error/cut-text.ts';

// A channel
export type { Additions, ChannelDefinition } from './read-config.ts';
export type {
  ChannelAnswer,
  ChannelRenderer,
  ChannelRequest,
  Destination,
  HttpMessage,
  Notice,
  NoticeDetail,
} from '../channels/port.ts';
export { postJson } from '../channels/port.ts';

// A renderer
export type { GivenRenderer, RenderInput } from '../desired/plain/given-renderer.ts';

// A queue
export type { MessageQueue, QueuedWork, QueueMessage } from './message-queue.ts';
export type { Settlement } from '../queue/settlement.ts';

// A platform
export type { AccessOf } from '../app/access-of.ts';
export type { SecretStore } from '../app/secret-store.ts';
export type { ClusterAccess } from '../cluster/api/access.ts';
export type { SecretReference } from '../config/written/reference.ts';
export { jsonLog } from '../app/json-log.ts';
export type { Level, Log } from '../deploy/ports/log.ts';

// The deploy line
export { readConfig } from './read-config.ts';
export type { ConfigFile, ReadConfig } from '../config/checked/read-config.ts';
export type { ClusterConfig, Config, Repository, Target } from '../config/checked/config.ts';
export { openDeployer } from './deployer.ts';
export type { Deployer, DeployerOptions } from './deployer.ts';
export type { Answer, RequestHead, WebhookRequest } from '../deploy/webhook/web-request.ts';
export { DeployError } from '../error/deploy-error.ts';
export type { ErrorCode, Problem } from '../error/deploy-error.ts';
