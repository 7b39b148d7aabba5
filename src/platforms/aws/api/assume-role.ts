import { DeployError } from '../../../error/deploy-error.ts';
import type { Aws, AwsAnswer } from './request.ts';
import type { AwsCredentials } from './signature.ts';

export interface RoleSession {
  readonly role: string;
  /** Appears in the cluster's audit log and in CloudTrail. */
  readonly sessionName: string;
  readonly externalId: string | null;
  readonly region: string;
}

/** The limit of role chaining: a function's role is itself a session, and its sessions last an hour at most. */
const DURATION_SECONDS = 3600;

/** Gets temporary credentials of a role: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function assumeRole(session: RoleSession, aws: Aws, signal: AbortSignal): Promise<AwsCredentials> {
  const { role, sessionName, externalId, region } = session;
  const form = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: sessionName,
    DurationSeconds: String(DURATION_SECONDS),
    ...(externalId === null ? {} : { ExternalId: externalId }),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await aws.call({ service: 'sts', region, headers, body: form.toString() }, signal);
  if (answer.status !== 200) throw refused(session, answer);
  return readCredentials(answer.text, session);
}

/** A regular expression is enough: each of the four elements occurs once and holds text without escapes. */
function readCredentials(xml: string, session: RoleSession): AwsCredentials {
  const accessKeyId = elementOf(xml, 'AccessKeyId');
  const secretAccessKey = elementOf(xml, 'SecretAccessKey');
  const sessionToken = elementOf(xml, 'SessionToken');
  const expiresAtMs = Date.parse(elementOf(xml, 'Expiration') ?? '');
  if (accessKeyId === null || secretAccessKey === null || sessionToken === null || Number.isNaN(expiresAtMs)) {
    throw failure(session, 'STS returned no credentials');
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}

function refused(session: RoleSession, { status, text }: AwsAnswer): DeployError {
  const code = elementOf(text, 'Code') ?? `status ${status}`;
  if (status >= 500) return unavailable(session, code);
  return failure(session, `the role cannot be assumed: ${code}: ${elementOf(text, 'Message') ?? 'no reason given'}`);
}

function unavailable({ role, region }: RoleSession, code: string): DeployError {
  return new DeployError('aws-unreachable', {
    subject: role,
    message: `STS in ${region} failed: ${code}`,
    remedy: 'Wait for the retry.',
  });
}

function failure({ role, externalId }: RoleSession, message: string): DeployError {
  const id = externalId === null ? 'no external id' : 'this external id';
  return new DeployError('aws-unauthorized', {
    subject: role,
    message,
    remedy: `Allow the roles of the deploy and sweep functions to assume this role, and name them in its trust policy with ${id}. infra/cluster-access.yml does both.`,
  });
}

function elementOf(xml: string, name: string): string | null {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? null;
}
