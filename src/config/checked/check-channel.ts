import type { ConfigLocation } from '../written/location.ts';
import { checkReference } from './check-repository.ts';
import { CHANNEL_KEYS } from './channel.ts';
import type { ChannelConfig, ChannelKey, ChannelKeys } from './channel.ts';
import { CHANNEL_EVENTS } from '../written/channel-events.ts';
import type { Target, TargetSettings, TargetTemplate } from './config.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { nearest } from '../written/nearest.ts';
import * as shape from '../written/channel-shape.ts';

interface Context {
  readonly path: Path;
  readonly location: ConfigLocation;
  readonly findings: Findings;
}

/** Reports every mistake, even if the kind is unknown. */
export function checkChannel(
  { name, value, path }: { readonly name: string; readonly value: unknown; readonly path: Path },
  { location, given }: { readonly location: ConfigLocation; readonly given: Readonly<Record<string, ChannelKeys>> },
  findings: Findings,
): ChannelConfig | null {
  const written = findings.parse(shape.channel, value, path);
  if (!isRecord(value)) return null;
  const context = { path, location, findings };
  const keysOf: Readonly<Record<string, ChannelKeys>> = { ...given, ...CHANNEL_KEYS };
  const kind = checkKind(value['kind'], keysOf, context);
  const keys = kind === null ? undefined : keysOf[kind];
  if (kind !== null && keys !== undefined) checkKeys(value, { kind, ...keys }, context);
  const reference = (key: 'url' | 'token') =>
    value[key] === undefined ? null : checkReference(value[key], [...path, key], context);
  const [url, token] = [reference('url'), reference('token')];
  if (written === null || kind === null) return null;
  const { topic = null, bus = null, from = null, to, events = CHANNEL_EVENTS, targets, severity } = written;
  return { name, kind, url, token, topic, bus, from, to, events, targets, severity };
}

function checkKind(
  kind: unknown,
  keysOf: Readonly<Record<string, ChannelKeys>>,
  { path, findings }: Context,
): string | null {
  // One that is missing is reported with the shape.
  if (typeof kind !== 'string') return null;
  if (Object.hasOwn(keysOf, kind)) return kind;
  const kinds = Object.keys(keysOf);
  const suggestion = nearest(kind, kinds);
  const remedy = suggestion === null ? `Use one of ${kinds.join(', ')}.` : `Did you mean ${suggestion}?`;
  findings.error([...path, 'kind'], { message: 'is not a known kind of channel', remedy });
  return null;
}

const EXAMPLES: Readonly<Record<ChannelKey, string>> = {
  url: 'url: env:CHANNEL_URL, a reference to its address',
  token: 'token: env:CHANNEL_TOKEN, a reference to its key',
  topic: 'topic: arn:aws:sns:eu-west-1:111122223333:deploys',
  bus: 'bus: arn:aws:events:eu-west-1:111122223333:event-bus/default',
  from: 'from: headgate@example.com',
  to: 'to: [team@example.com]',
};

function checkKeys(
  value: Readonly<Record<string, unknown>>,
  { kind, required, optional }: { readonly kind: string } & ChannelKeys,
  { path, findings }: Context,
): void {
  for (const [key, example] of Object.entries(EXAMPLES)) {
    const isWritten = value[key] !== undefined;
    const isIn = (keys: readonly string[]) => keys.includes(key);
    if (isIn(required) && !isWritten)
      findings.error([...path, key], { message: 'is missing', remedy: `Add ${example}.` });
    if (isWritten && !isIn(required) && !isIn(optional))
      findings.error([...path, key], { message: `cannot be used with kind: ${kind}`, remedy: 'Remove it.' });
  }
}

/** GitHub deployments are of a commit on GitHub. */
export function checkGithubChannels(
  {
    targets,
    templates,
    channels,
  }: {
    readonly targets: readonly (Target | null)[];
    readonly templates: readonly (TargetTemplate | null)[];
    readonly channels: ReadonlyMap<string, ChannelConfig | null>;
  },
  findings: Findings,
): void {
  const settings = targets.map((target, index): TargetSettings | null => target ?? templates[index]?.settings ?? null);
  for (const [index, each] of settings.entries()) {
    if (each === null || each.repository.host === 'github') continue;
    const wrong = each.notify.find((name) => channels.get(name)?.kind === 'github-deployments');
    if (wrong === undefined) continue;
    findings.error(['targets', index, 'notify'], {
      message: `uses channel ${wrong}, but its repository is not on GitHub`,
      remedy: `Remove ${wrong} from notify of the target and of repository ${each.repository.name}.`,
    });
  }
}
