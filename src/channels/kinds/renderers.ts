import type { ChannelKind } from '../../config/checked/channel.ts';
import { discord } from './discord.ts';
import { eventbridge } from './eventbridge.ts';
import { githubDeployments } from './github-deployments.ts';
import { googlechat } from './googlechat.ts';
import { grafana } from './grafana.ts';
import { mattermost } from './mattermost.ts';
import { pagerduty } from './pagerduty.ts';
import type { ChannelRenderer } from '../port.ts';
import { slack } from './slack.ts';
import { smtp } from './smtp.ts';
import { sns } from './sns.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

export const RENDERERS: Readonly<Record<ChannelKind, ChannelRenderer>> = {
  slack,
  teams,
  discord,
  googlechat,
  mattermost,
  pagerduty,
  webhook,
  sns,
  eventbridge,
  'github-deployments': githubDeployments,
  grafana,
  smtp,
};
