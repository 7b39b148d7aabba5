import { HOST_NAMES, hostOf, isHost, nameOfHost } from '../../githost/hosts.ts';
import type { GivenHost } from '../../githost/hosts.ts';
import type { HostDefinition } from '../../githost/port/host.ts';
import type { HostProfile } from '../../githost/port/profile.ts';
import { profileOf } from '../../githost/profiles.ts';
import { formatAddress, parseAddress } from '../written/address.ts';
import { resolvePath } from '../written/location.ts';
import type { ConfigLocation } from '../written/location.ts';
import type { Credentials, Repository, WriteCredentials } from './config.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { parseReference } from '../written/reference.ts';
import * as shape from '../written/shape.ts';
import type { SecretReference } from '../written/reference.ts';

interface Context {
  readonly path: Path;
  readonly location: ConfigLocation;
  readonly findings: Findings;
}

export function checkRepository(
  { name, value, path }: { readonly name: string; readonly value: unknown; readonly path: Path },
  { location, hosts }: { readonly location: ConfigLocation; readonly hosts: readonly HostDefinition[] },
  findings: Findings,
): Repository | null {
  const written = findings.parse(shape.repository, value, path);
  // The rest is checked on the raw value, so that one invalid key does not hide errors in the others.
  if (!isRecord(value)) return null;
  const context = { path, location, findings };
  const host = checkHost(value['host'], hosts, context);
  const insecure = value['insecure'] === true;
  const profile = host === null ? null : profileOf(host);
  const url = checkAddress('url', value['url'], { ...context, insecure });
  const api = checkAddress('api', value['api'], { ...context, insecure });
  const fullName = profile !== null && url !== null ? checkFullName({ url, name }, profile, context) : null;
  const webhookSecrets = checkWebhookSecrets(value['webhookSecret'], profile, context);
  if (value['webhookHeader'] !== undefined) checkWebhookHeader(host, profile, context);
  const credentials = checkCredentials(value['credentials'], host, context);
  const write = value['write'] === undefined ? null : checkWrite(value['write'], host, context);
  if (host !== null && profile?.identity !== undefined) checkIdentity(value, host, context);
  if (value['record'] === 'refs' && value['write'] === undefined) refuseRecord(host, context);
  if (value['statuses'] === true) checkStatuses(value, host, context);
  if (host !== null && hostOf({ host }).loadApi === null) warnUnused(value, host, context);
  if (written === null || host === null || profile === null || url === null || fullName === null) return null;
  const base = profile.apiOf(url);
  return {
    name,
    host,
    url: formatAddress(url),
    api: base === null || api === null ? base : formatAddress(api),
    fullName,
    // Without an API there is no id that a delivery could name.
    id: base === null ? null : (written.id ?? null),
    webhookSecrets,
    webhookHeader: written.webhookHeader?.toLowerCase() ?? null,
    credentials,
    write,
    record: written.record,
    statuses: base !== null && credentials !== null && (written.statuses ?? true),
    pullRequests: { ...written.pullRequests, serviceAccount: written.pullRequests.serviceAccount ?? null },
    insecure: written.insecure,
    caFile: written.caFile === undefined ? null : resolvePath(written.caFile, location),
    notify: written.notify,
  };
}

function checkHost(host: unknown, hosts: readonly HostDefinition[], { path, findings }: Context): GivenHost | null {
  if (typeof host !== 'string') return null;
  if (isHost(host)) return host;
  const given = hosts.find(({ name }) => name === host);
  if (given !== undefined) return given;
  findings.error([...path, 'host'], {
    message: `must be one of ${[...HOST_NAMES, ...hosts.map(({ name }) => name)].join(', ')}`,
    remedy: 'Use git: the sweep then finds pushes without a webhook.',
  });
  return null;
}

/** Null when absent or invalid; errors are in the findings. */
function checkAddress(
  key: 'url' | 'api',
  text: unknown,
  { path, findings, insecure }: Context & { readonly insecure: boolean },
): URL | null {
  if (typeof text !== 'string') return null;
  const parsed = parseAddress(text, { insecure });
  if (parsed instanceof URL) return parsed;
  findings.error([...path, key], parsed);
  return null;
}

function checkFullName(
  { url, name }: { readonly url: URL; readonly name: string },
  { fullNameOf, urlEnd, exampleUrl }: HostProfile,
  { path, findings }: Context,
): string | null {
  const fullName = fullNameOf(url, name);
  if (fullName === null) {
    findings.error([...path, 'url'], { message: `does not end in ${urlEnd}`, remedy: `Write it as ${exampleUrl}.` });
  }
  return fullName;
}

function checkWebhookSecrets(
  written: unknown,
  profile: HostProfile | null,
  context: Context,
): readonly SecretReference[] {
  const path = [...context.path, 'webhookSecret'];
  if (isAbsent(written)) {
    if (profile?.isSecretRequired === false) return [];
    const remedy = 'Add webhookSecret: env:FLEET_WEBHOOK_SECRET, the secret that the host signs its deliveries with.';
    context.findings.error(path, { message: 'is missing', remedy });
    return [];
  }
  return checkReferences(written, path, context) ?? [];
}

/** Refuses webhookHeader for a host that signs its deliveries: a header would prove less than the signature. */
function checkWebhookHeader(host: GivenHost | null, profile: HostProfile | null, { path, findings }: Context): void {
  if (host === null || profile === null || profile.signsNothing === true) return;
  const hosts = HOST_NAMES.filter((name) => isHost(name) && profileOf(name).signsNothing === true);
  findings.error([...path, 'webhookHeader'], {
    message: `cannot be used with host: ${nameOfHost(host)}, whose deliveries have their own proof of origin`,
    remedy: `Remove it; it works on ${hosts.join(', ')}.`,
  });
}

/** One reference or a list of them, while a secret is rotated; null when there is none. */
export function checkReferences(
  written: unknown,
  path: Path,
  context: Pick<Context, 'location' | 'findings'>,
): readonly SecretReference[] | null {
  if (isAbsent(written)) return null;
  const list: readonly unknown[] = Array.isArray(written) ? written : [written];
  const references = list.map((item, index) =>
    checkReference(item, Array.isArray(written) ? [...path, index] : path, context),
  );
  return references.filter((reference) => reference !== null);
}

function isAbsent(written: unknown): boolean {
  return written === undefined || (Array.isArray(written) && written.length === 0);
}

export function checkReference(
  written: unknown,
  path: Path,
  { location, findings }: Pick<Context, 'location' | 'findings'>,
): SecretReference | null {
  const reference = typeof written === 'string' ? parseReference(written) : null;
  if (reference === null) {
    findings.error(path, {
      message: 'must be a reference to a secret, never the secret itself',
      remedy: 'Write env:NAME, file:PATH, ssm:NAME or secretsmanager:ID#key. If a secret was here, rotate it.',
    });
    return null;
  }
  return reference.kind === 'file' ? { kind: 'file', path: resolvePath(reference.path, location) } : reference;
}

/** There is no secret that could be written here: AWS knows the process, and sends the pushes itself. */
function checkIdentity(
  raw: Readonly<Record<string, unknown>>,
  host: GivenHost,
  { path, findings }: Pick<Context, 'path' | 'findings'>,
): void {
  if (raw['credentials'] !== 'iam') {
    findings.error([...path, 'credentials'], {
      message: `must be iam with host: ${nameOfHost(host)}`,
      remedy: 'Write credentials: iam. The role of the functions, or of the machine, then reads the repository.',
    });
  }
  if (raw['webhookSecret'] !== undefined) {
    findings.error([...path, 'webhookSecret'], {
      message: `cannot be used with host: ${nameOfHost(host)}, whose pushes arrive as events of AWS`,
      remedy: 'Remove it.',
    });
  }
}

function checkWrite(written: unknown, host: GivenHost | null, context: Context): WriteCredentials | null {
  const path = [...context.path, 'write'];
  const isIdentity = host !== null && profileOf(host).identity !== undefined;
  if (isIdentity && written !== 'iam') {
    context.findings.error(path, {
      message: `must be iam with host: ${nameOfHost(host)}`,
      remedy: 'Write write: iam. The role of the work function, or of the machine, then pushes.',
    });
    return null;
  }
  if (written !== 'iam') return checkReference(written, path, context);
  if (isIdentity) return { kind: 'iam' };
  const message = `cannot be iam with host: ${host === null ? 'an unknown host' : nameOfHost(host)}`;
  context.findings.error(path, { message, remedy: 'Write write: env:NAME, which refers to a token that may push.' });
  return null;
}

/** What to add so that a repository can be written to. `to`: where, as ` to fleet`. */
export function writeRemedy(host: GivenHost | null, to: string): string {
  const isIdentity = host !== null && profileOf(host).identity !== undefined;
  return isIdentity ? `Add write: iam${to}` : `Add write: env:FLEET_WRITE_TOKEN${to}, a token that may push`;
}

function checkCredentials(written: unknown, host: GivenHost | null, context: Context): Credentials | null {
  if (written === undefined) return null;
  const path = [...context.path, 'credentials'];
  // Anything else is an error of checkIdentity.
  if (host !== null && profileOf(host).identity !== undefined) return written === 'iam' ? { kind: 'iam' } : null;
  if (written === 'iam') {
    const message = `cannot be iam with host: ${host === null ? 'an unknown host' : nameOfHost(host)}`;
    context.findings.error(path, { message, remedy: 'Write credentials: env:NAME, which refers to a token.' });
    return null;
  }
  if (!isRecord(written)) {
    const token = checkReference(written, path, context);
    return token === null ? null : { kind: 'token', token };
  }
  if (host !== null && hostOf({ host }).loadIssuer === null) {
    const remedy = 'Write credentials: env:NAME, which refers to a token.';
    context.findings.error(path, { message: `cannot be an App with host: ${nameOfHost(host)}`, remedy });
    return null;
  }
  const app = context.findings.parse(shape.app, written, path);
  const privateKey = checkReference(written['privateKey'], [...path, 'privateKey'], context);
  return app === null || privateKey === null
    ? null
    : { kind: 'app', app: app.app, installation: app.installation, privateKey };
}

function refuseRecord(host: GivenHost | null, { path, findings }: Context): void {
  findings.error([...path, 'record'], {
    message: 'requires write',
    remedy: `${writeRemedy(host, '')}, or remove record.`,
  });
}

function checkStatuses(
  raw: Readonly<Record<string, unknown>>,
  host: GivenHost | null,
  { path, findings }: Context,
): void {
  const at = [...path, 'statuses'];
  if (host !== null && hostOf({ host }).loadApi === null) {
    findings.error(at, {
      message: `cannot be true with host: ${nameOfHost(host)}, which has no commit statuses`,
      remedy: 'Remove it.',
    });
  } else if (raw['credentials'] === undefined) {
    findings.error(at, { message: 'requires credentials', remedy: 'Add credentials: env:FLEET_TOKEN, or remove it.' });
  }
}

function warnUnused(raw: Readonly<Record<string, unknown>>, host: GivenHost, { path, findings }: Context): void {
  for (const key of ['api', 'id']) {
    if (raw[key] === undefined) continue;
    const remedy = 'Remove it, or write the host that the repository is on, such as host: github.';
    findings.warn([...path, key], { message: `has no effect with host: ${nameOfHost(host)}`, remedy });
  }
}
