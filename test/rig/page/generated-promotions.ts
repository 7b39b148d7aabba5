import type { PageReader } from '../../../src/cli/page/reader.ts';
import { promotionsView } from '../../../src/cli/page/promotions-view.ts';
import type { PromotionLook, StageLook, StepLook } from '../../../src/promotion/run/look.ts';
import type { PlannedPromotion } from '../../../src/promotion/run/promote-by-hand.ts';
import { stepGroups } from '../../../src/promotion/run/step-groups.ts';
import { asObjectId, asRevision } from '../../../src/snapshot/source.ts';
import { configOf } from '../../config/builders.ts';

const STAGES = ['shop-dev', 'shop-staging', 'shop-eu', 'shop-us', 'shop-global', 'mail-dev', 'mail-prod'] as const;

const CONFIG = `
clusters: { prod: { kubeconfig: { path: ./prod } } }
repositories:
  fleet: { host: github, url: 'https://github.com/acme/fleet.git', webhookSecret: env:SECRET, credentials: env:TOKEN, write: env:WRITE }
targets:
${STAGES.map((name) => `  - { name: ${name}, repository: fleet, branch: main, path: clusters/${name}, cluster: prod, namespace: ${name} }`).join('\n')}
promotions:
  - name: shop
    stages: [shop-dev, shop-staging, shop-eu, { to: shop-us, from: { any: [shop-staging] } }, { to: shop-global, from: { all: [shop-eu, shop-us] } }]
    after: { soak: 30m, statuses: [{ context: e2e, by: ci-bot }] }
  - { name: mail, stages: [mail-dev, mail-prod] }
`;

const id = (digit: string) => {
  const revision = asRevision(digit.repeat(40));
  if (revision === null) throw new Error(`${digit} makes no commit id`);
  return revision;
};
const WEB = 'ghcr.io/acme/web';
const edit = (stage: string, from: string, to: string) => ({
  key: WEB,
  path: `clusters/${stage}/web.yaml`,
  line: 12,
  from,
  to,
});

/** Promotions in every state that the page shows, with what an attacker may write into files and statuses. */
export function generatedPromotions(
  nowMs: number,
  hostile: string,
): Pick<PageReader, 'promotions' | 'steps' | 'planPromotion' | 'promotionsVersion' | 'promotionsPauseMs'> {
  const agoOf = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString();
  const stage = (name: string, version: string, more: Partial<StageLook> = {}): StageLook => ({
    stage: name,
    revision: id('a'),
    deployedAt: agoOf(40),
    readySince: agoOf(39),
    reason: null,
    held: null,
    waiting: null,
    versions: [
      { key: WEB, version },
      { key: 'ghcr.io/acme/worker', version: '3.4.0' },
    ],
    problem: null,
    ...more,
  });
  const step = (to: string, from: readonly string[], more: Partial<StepLook> = {}): StepLook => ({
    to,
    from,
    agree: 'all',
    outcome: 'current',
    reasons: [],
    edits: [],
    leftOut: [],
    problem: null,
    ...more,
  });
  const looks: readonly PromotionLook[] = [
    {
      promotion: 'shop',
      stages: [
        stage('shop-dev', '1.15.0', { readySince: agoOf(12), deployedAt: agoOf(13) }),
        stage('shop-staging', '1.14.3', { held: `held by jo since ${agoOf(28)}: ${hostile}` }),
        stage('shop-eu', '1.14.2', {
          readySince: null,
          reason: 'it is not ready: Deployment shop-eu/web: ImagePullBackOff ghcr.io/acme/web:1.14.2',
        }),
        stage('shop-us', '1.14.2', { versions: [{ key: WEB, version: hostile }] }),
        stage('shop-global', '1.14.0', {
          revision: null,
          deployedAt: null,
          readySince: null,
          versions: [],
          problem: {
            code: 'cluster-unreachable',
            subject: 'cluster prod',
            message: `the API server does not respond ${hostile}`,
            remedy: 'Check the network between this machine and the cluster.',
          },
        }),
      ],
      steps: [
        step('shop-staging', ['shop-dev'], {
          outcome: 'waits',
          reasons: [
            `shop-dev: it soaks until ${new Date(nowMs + 18 * 60_000).toISOString()}`,
            'shop-dev: the status e2e of ci-bot is missing on aaaaaaaaaaaa',
          ],
          edits: [edit('shop-staging', '1.14.3', '1.15.0')],
          leftOut: [{ key: hostile, reason: 'several versions in one stage: 1, 2' }],
        }),
        step('shop-eu', ['shop-staging'], {
          outcome: 'waits',
          reasons: ['shop-staging: it is held by jo'],
          edits: [edit('shop-eu', '1.14.2', '1.14.3')],
        }),
        step('shop-us', ['shop-staging'], { agree: 'any' }),
        step('shop-global', ['shop-eu', 'shop-us'], {
          outcome: 'waits',
          reasons: ['shop-eu: it is not ready', 'waits for the window, opens Mon 09:00 CET: no releases on weekends'],
        }),
      ],
    },
    {
      promotion: 'mail',
      stages: [stage('mail-dev', '2.1.0'), stage('mail-prod', '2.0.9')],
      steps: [step('mail-prod', ['mail-dev'], { outcome: 'moves', edits: [edit('mail-prod', '2.0.9', '2.1.0')] })],
    },
  ];
  const steps = stepGroups(configOf(CONFIG));
  const rootTree = asObjectId('e'.repeat(40));
  if (rootTree === null) throw new Error('not an id');
  const planned: PlannedPromotion = {
    revision: id('a'),
    change: {
      edits: [edit('shop-staging', '1.14.3', '1.15.0'), { ...edit('shop-staging', 'old', hostile), line: null }],
      files: new Map(),
      leftOut: [{ key: 'ghcr.io/acme/search', reason: 'only shop-dev names it' }],
      sources: [],
      tip: { revision: id('b'), record: null, head: null },
      rootTree,
      carried: [],
      blockers: [],
    },
    passedOver: [`shop-dev: it soaks until ${new Date(nowMs + 18 * 60_000).toISOString()}`],
    isHold: true,
    held: 'ada',
  };
  return {
    steps,
    promotions: async (activityOf) => promotionsView(looks, { readMs: nowMs - 3_000, activityOf }),
    planPromotion: async () => planned,
    promotionsVersion: async () => 'same',
    promotionsPauseMs: () => 3_000,
  };
}
