import type { ChannelKind } from '../../src/config/checked/channel.ts';
import type { ChannelRequest, Destination, HttpMessage, Notice } from '../../src/channels/port.ts';
import { RENDERERS } from '../../src/channels/kinds/renderers.ts';
import { renderNotices } from '../../src/deploy/report/channels/render-notices.ts';
import { CHANNEL_EVENTS } from '../../src/config/written/channel-events.ts';
import { EVENTS, SUBJECT } from '../deploy/report/events.ts';

export const NOW_MS = Date.parse('2026-11-28T10:00:30.000Z');
export const URL_SECRET = 'https://hooks.example.com/services/T0000/planted-url-secret';
export const TOKEN_SECRET = `whsec_${Buffer.from('planted-token-secret-0123456789').toString('base64')}`;
export const KINDS = Object.keys(RENDERERS) as readonly ChannelKind[];

export const DESTINATION: Destination = {
  name: 'team',
  url: URL_SECRET,
  token: TOKEN_SECRET,
  arn: 'arn:aws:sns:eu-west-1:111122223333:deploys',
  from: 'headgate@example.com',
  to: ['team@example.com', 'ops@example.com'],
  api: 'https://api.github.example',
  fullName: 'acme/fleet',
  commitUrl: ({ revision }) => (revision === null ? null : `https://github.example/acme/fleet/commit/${revision}`),
};

export function aNotice(change: Partial<Notice> = {}): Notice {
  return {
    id: 'notice-1',
    channel: 'team',
    at: '2026-11-28T10:00:00.000Z',
    target: 'shop-prod',
    repository: 'fleet',
    delivery: 'd-1',
    event: 'refused',
    severity: 'warning',
    resolves: false,
    revision: 'a'.repeat(40),
    text: 'web.yaml:7 has no name (+1 more)',
    details: [{ subject: 'web.yaml:7', message: 'has no name', remedy: 'Name it.' }],
    more: 1,
    ...change,
  };
}

/** The notice of every event that a run can report. */
export const NOTICES: readonly Notice[] = Object.values(EVENTS).flatMap((event) =>
  renderNotices(event, SUBJECT, { channels: new Map([['team', TEAM()]]), at: '2026-11-28T10:00:00.000Z' }),
);

function TEAM() {
  const none = { url: null, token: null, topic: null, bus: null, from: null, to: [] };
  return { name: 'team', kind: 'slack', ...none, events: CHANNEL_EVENTS, targets: ['*'], severity: 'info' } as const;
}

export function render(kind: ChannelKind, notices: readonly Notice[]): ChannelRequest | null {
  return RENDERERS[kind].render(notices, DESTINATION, NOW_MS);
}

/** Everything that a reader gets to see or a service stores: of deployments, the last request of the chain. */
export function bodyOf(request: ChannelRequest | null): string {
  switch (request?.kind) {
    case undefined:
      return '';
    case 'http':
      return lastOf(request).body ?? '';
    case 'aws':
      return request.body;
    case 'mail':
      return `${request.subject}\n${request.text}\n${request.html}`;
    default:
      return request satisfies never;
  }
}

function lastOf(request: HttpMessage): HttpMessage {
  const next = request.next?.('{"id": 7}') ?? null;
  return next === null ? request : lastOf(next);
}

export function jsonOf(kind: ChannelKind, notices: readonly Notice[]): unknown {
  return JSON.parse(bodyOf(render(kind, notices)));
}
