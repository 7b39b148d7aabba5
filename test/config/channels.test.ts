import { describe, expect, it } from 'vitest';
import { configOf, errorsOf, file, withTarget } from './builders.ts';

const channels = (lines: string) => file({ end: `channels:\n  team:\n    ${lines}` });

describe('the channels of headgate.yml', () => {
  it('reads a channel of each kind', () => {
    const config = configOf(
      file({
        end: `channels:
  slack: { kind: slack, url: env:SLACK_URL }
  teams: { kind: teams, url: env:TEAMS_URL, events: [failed], targets: ["shop-*"], severity: warning }
  discord: { kind: discord, url: file:discord.url }
  chat: { kind: googlechat, url: ssm:/chat }
  mattermost: { kind: mattermost, url: "secretsmanager:chat#mattermost" }
  pager: { kind: pagerduty, token: env:PAGERDUTY_KEY }
  hook: { kind: webhook, url: env:HOOK_URL, token: env:HOOK_SECRET }
  topic: { kind: sns, topic: "arn:aws:sns:eu-west-1:111122223333:deploys" }
  bus: { kind: eventbridge, bus: "arn:aws:events:eu-west-1:111122223333:event-bus/default" }
  github: { kind: github-deployments, token: env:DEPLOYMENTS_TOKEN }
  grafana: { kind: grafana, url: env:GRAFANA_URL, token: env:GRAFANA_TOKEN }
  mail: { kind: smtp, url: env:SMTP_URL, from: headgate@example.com, to: [team@example.com] }
`,
      }),
    );
    expect([...config.channels.values()].map(({ kind }) => kind)).toHaveLength(12);
    expect(config.channels.get('teams')).toEqual({
      name: 'teams',
      kind: 'teams',
      url: { kind: 'env', name: 'TEAMS_URL' },
      token: null,
      topic: null,
      bus: null,
      from: null,
      to: [],
      events: ['failed'],
      targets: ['shop-*'],
      severity: 'warning',
    });
    expect(config.channels.get('discord')?.url).toEqual({ kind: 'file', path: '/etc/headgate/discord.url' });
    expect(config.channels.get('slack')?.events).toContain('not-ready');
  });

  it('gives a target the channels of its repository too, each once', () => {
    const text = `${withTarget('notify: [team, shop]')}
channels: { team: { kind: slack, url: env:A }, shop: { kind: slack, url: env:B }, all: { kind: slack, url: env:C } }
`.replace('host: github\n', 'host: github\n    notify: [all, team]\n');
    expect(configOf(text).targets[0]?.notify).toEqual(['team', 'shop', 'all']);
  });

  it.each([
    ['url: env:A', ['headgate.yml:16 kind of channel team is missing | Add kind: slack.']],
    [
      'kind: slak\n    url: env:A',
      ['headgate.yml:17 kind of channel team is not a known kind of channel | Did you mean slack?'],
    ],
    [
      'kind: slack',
      ['headgate.yml:16 url of channel team is missing | Add url: env:CHANNEL_URL, a reference to its address.'],
    ],
    [
      'kind: slack\n    url: https://hooks.slack.com/services/T0/B0/secret',
      [
        'headgate.yml:18 url of channel team must be a reference to a secret, never the secret itself | Write env:NAME, file:PATH, ssm:NAME or secretsmanager:ID#key. If a secret was here, rotate it.',
      ],
    ],
    [
      'kind: slack\n    url: env:A\n    token: env:B',
      ['headgate.yml:19 token of channel team cannot be used with kind: slack | Remove it.'],
    ],
    [
      'kind: slack\n    url: env:A\n    events: [failed, promoted, fialed]',
      [
        'headgate.yml:19 events[2] of channel team is not a known event | Use deployed, failed, refused, partial, ready, not-ready, waiting, held, released, drift, image, promoted.',
      ],
    ],
    [
      'kind: slack\n    url: env:A\n    targets: ["Shop"]\n    severity: fatal',
      [
        'headgate.yml:19 targets[0] of channel team is not a pattern of target names | Write the name of a target, in which * matches any characters, such as "shop-*".',
        'headgate.yml:20 severity of channel team must be info, warning or error | Write info, for example.',
      ],
    ],
    [
      'kind: sns\n    topic: deploys',
      [
        'headgate.yml:18 topic of channel team is not the ARN of an SNS topic | Write it as arn:aws:sns:eu-west-1:111122223333:deploys.',
      ],
    ],
    [
      'kind: smtp\n    url: env:A\n    from: team\n    to: []',
      [
        'headgate.yml:19 from of channel team is not a mail address | Write it as team@example.com.',
        'headgate.yml:20 to of channel team is empty | List at least one, or remove the key.',
      ],
    ],
    [
      'kind: slack\n    url: env:A\n    channel: x',
      [
        'headgate.yml:19 channel of channel team is not a known key | Remove it, or use one of kind, url, token, topic, bus, from, to, events, targets, severity.',
      ],
    ],
  ])('refuses %j with line and remedy', (lines, expected) => {
    expect(errorsOf(channels(lines))).toEqual(expected);
  });

  it('refuses a channel that the file does not have, of a target and of a repository', () => {
    const text = `${withTarget('notify: [teem]')}
channels: { team: { kind: slack, url: env:A } }
`.replace('host: github\n', 'host: github\n    notify: [ops]\n');
    expect(errorsOf(text)).toEqual([
      'headgate.yml:7 notify[0] of repository fleet refers to unknown channel ops | Use one of team.',
      'headgate.yml:16 notify[0] of target shop-prod refers to unknown channel teem | Did you mean team?',
    ]);
  });

  it('refuses GitHub deployments for a repository that is elsewhere', () => {
    const text = `${withTarget('notify: [gh]')}
channels: { gh: { kind: github-deployments, token: env:A } }
`.replace('host: github\n', 'host: gitlab\n');
    expect(errorsOf(text)).toEqual([
      'headgate.yml:15 notify of target shop-prod uses channel gh, but its repository is not on GitHub | Remove gh from notify of the target and of repository fleet.',
    ]);
  });
});
