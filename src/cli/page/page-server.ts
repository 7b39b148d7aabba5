import type { Target } from '../../config/checked/config.ts';
import type { Log } from '../../deploy/ports/log.ts';
import { actionPage } from '../../page/action.ts';
import { SCRIPT } from '../../page/assets/script.ts';
import { ICON, STYLE } from '../../page/assets/style.ts';
import { fleetPage } from '../../page/fleet.ts';
import { parseFleetQuery } from '../../page/fleet-query.ts';
import { imagesPage } from '../../page/images.ts';
import { problemPage, signedInPage, signedOutPage } from '../../page/message.ts';
import { ACTIONS } from '../../page/model.ts';
import type { ActionName, PageContext, ProblemView } from '../../page/model.ts';
import { planPage } from '../../page/plan.ts';
import { targetPage } from '../../page/target.ts';
import { startLoopbackServer } from '../../platforms/local/loopback-server.ts';
import type { LoopbackLimits, LoopbackServer } from '../../platforms/local/loopback-server.ts';
import { promotePage } from '../../page/promote.ts';
import { promotionsPage } from '../../page/promotions.ts';
import { findPromote, planChanged, preparePromote } from './promote-form.ts';
import type { PromoteWanted } from './promote-form.ts';
import { readActionForm, prepareAction } from './action-form.ts';
import type { Activities } from './activities.ts';
import { fail, readOwnForm, send } from './answer.ts';
import type { Exchange } from './answer.ts';
import { admit, cookieName, HEADERS } from './guard.ts';
import type { Admitted } from './guard.ts';
import { openLive } from './live.ts';
import type { Live } from './live.ts';
import type { PageReader } from './reader.ts';
import { openSessions } from './sessions.ts';
import type { BrowserSession, Sessions } from './sessions.ts';

export interface PageOptions {
  /** 0 picks a free one. */
  readonly port: number;
  /** For the error when the port is taken. */
  readonly option: string;
  readonly reader: PageReader;
  /** Null: the page only reads. */
  readonly openActivities: ((onChange: () => void) => Activities) | null;
  /** Called with each address that signs a browser in: at the start, and whenever one was used. */
  readonly onAddress: (address: string) => void;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly limits?: LoopbackLimits;
}

interface Page extends Pick<PageOptions, 'reader' | 'log' | 'nowMs'> {
  readonly port: () => number;
  readonly sessions: Sessions;
  readonly activities: Activities | null;
  readonly live: Live;
}

/** A fleet that was read lately is shown at once; open pages hear of changes. */
const FLEET_AGE_MS = 3_000;

/** Serves the page on 127.0.0.1. @throws DeployError `usage` when it cannot listen */
export async function startPage(options: PageOptions): Promise<LoopbackServer> {
  const { port, option, reader, openActivities, onAddress, log, nowMs, limits } = options;
  let url = '';
  let bound = 0;
  const live = openLive(log);
  const sessions = openSessions(nowMs, (token) => onAddress(`${url}/?token=${token}`));
  const changed = () => {
    reader.forget();
    live.hint();
  };
  const activities = openActivities?.(changed) ?? null;
  const page: Page = { reader, log, nowMs, sessions, activities, live, port: () => bound };
  const at = limits === undefined ? { port, option } : { port, option, limits };
  const server = await startLoopbackServer(at, (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    answer({ request, response }, page).catch((thrown: unknown) => fail(response, thrown, log));
  });
  url = server.url;
  bound = server.port;
  onAddress(`${url}/?token=${sessions.token()}`);
  return {
    ...server,
    async close() {
      live.close();
      await server.close();
      await activities?.settled();
    },
  };
}

const ASSETS: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/page.css': ['text/css; charset=utf-8', STYLE],
  '/page.js': ['text/javascript; charset=utf-8', SCRIPT],
  '/icon.svg': ['image/svg+xml', ICON],
};

async function answer(exchange: Exchange, page: Page): Promise<void> {
  const admitted = admit(exchange.request, page.port());
  if ('status' in admitted)
    return send(exchange, { status: admitted.status, type: 'text/plain', text: `${admitted.text}\n` });
  const asset = ASSETS[admitted.path];
  if (asset !== undefined) return send(exchange, { status: 200, type: asset[0], text: asset[1] });
  const token = admitted.path === '/' && admitted.method === 'GET' ? admitted.parameters.get('token') : null;
  if (token !== null) return signIn(token, exchange, page);
  const session = page.sessions.find(admitted.cookie);
  if (session === null) return send(exchange, { status: 401, text: signedOutPage(false) });
  return route(admitted, session, { exchange, page });
}

function signIn(token: string, exchange: Exchange, { sessions, port }: Page): void {
  const cookie = sessions.signIn(token);
  if (cookie === null) return send(exchange, { status: 401, text: signedOutPage(true) });
  exchange.response.setHeader('set-cookie', `${cookieName(port())}=${cookie}; Path=/; HttpOnly; SameSite=Strict`);
  send(exchange, { status: 200, text: signedInPage() });
}

interface Routed {
  readonly exchange: Exchange;
  readonly page: Page;
}

async function route(admitted: Admitted, session: BrowserSession, { exchange, page }: Routed): Promise<void> {
  const context: PageContext = {
    formToken: page.activities === null ? null : session.formToken,
    nowMs: page.nowMs(),
  };
  const [, name, part] = /^\/targets\/([a-z0-9-]{1,40})(?:\/([a-z]+))?$/.exec(admitted.path) ?? [];
  const at = { admitted, context, exchange, page };
  if (admitted.path === '/events') return listen(at);
  if (admitted.path === '/' && admitted.method !== 'POST') {
    const view = await page.reader.fleet(FLEET_AGE_MS);
    return send(exchange, { status: 200, text: fleetPage(view, parseFleetQuery(admitted.parameters), context) });
  }
  if (admitted.path === '/images' && admitted.method !== 'POST')
    return send(exchange, { status: 200, text: imagesPage(await page.reader.images(), context) });
  const [, promotion, to] = /^\/promotions\/([a-z0-9-]{1,40})\/([a-z0-9-]{1,40})$/.exec(admitted.path) ?? [];
  if (admitted.path === '/promotions' && admitted.method !== 'POST') {
    const view = await page.reader.promotions((each) => page.activities?.of(each) ?? null);
    return send(exchange, { status: 200, text: promotionsPage(view, context) });
  }
  if (promotion !== undefined && to !== undefined && page.activities !== null) {
    const named = { promotion, to, from: admitted.parameters.get('from') };
    const wanted = findPromote(page.reader.steps, named);
    return wanted === null ? notFound(at) : promote({ ...at, wanted, activities: page.activities });
  }
  const target = name === undefined ? null : await page.reader.find(name);
  if (target === null) return notFound(at);
  const action = ACTIONS.find((each) => each === part);
  if (action === 'approve' && target.approval !== 'plan') return notFound(at);
  if (action !== undefined && page.activities !== null)
    return steer({ ...at, target, action, activities: page.activities });
  if (admitted.method === 'POST') return notFound(at);
  if (part === undefined) {
    const view = await page.reader.target(target, page.activities?.of(target.name) ?? null);
    return send(exchange, { status: 200, text: targetPage(view, context) });
  }
  if (part === 'plan') {
    return send(exchange, { status: 200, text: planPage(target.name, await page.reader.plan(target, null), context) });
  }
  return notFound(at);
}

interface At extends Routed {
  readonly admitted: Admitted;
  readonly context: PageContext;
}

async function listen({ admitted, exchange, page }: At): Promise<void> {
  const { reader, live, activities } = page;
  const { response } = exchange;
  if (admitted.parameters.has('promotions')) {
    const stages = new Set(reader.steps.map(({ step }) => step.to.name));
    const version = async () =>
      JSON.stringify([await reader.promotionsVersion(), [...stages].map((each) => activities?.of(each) ?? null)]);
    if (live.listen('/promotions', { version, pauseMs: reader.promotionsPauseMs }, response)) return;
    return send(exchange, { status: 503, type: 'text/plain', text: 'too many pages are open\n' });
  }
  const name = admitted.parameters.get('target');
  const target = name === null ? null : await reader.find(name);
  const ofTarget = (found: Target) => async () =>
    JSON.stringify([await reader.targetVersion(found), activities?.of(found.name) ?? null]);
  const isOpen =
    target === null
      ? live.listen('', { version: () => reader.fleetVersion(), pauseMs: reader.pauseMs }, response)
      : live.listen(target.name, { version: ofTarget(target), pauseMs: reader.pauseMs }, response);
  if (!isOpen) send(exchange, { status: 503, type: 'text/plain', text: 'too many pages are open\n' });
}

/** Shows the edits of a promotion, and writes them once they are confirmed. */
async function promote(at: At & { readonly wanted: PromoteWanted; readonly activities: Activities }): Promise<void> {
  const { admitted, context, exchange, page, wanted, activities } = at;
  if (admitted.method !== 'POST') {
    const view = await preparePromote(wanted, null, page.reader);
    return send(exchange, { status: 200, text: promotePage(view, context) });
  }
  const form = await readOwnForm(exchange, context.formToken);
  if (form === null) return;
  const target = wanted.step.step.to;
  const view = await preparePromote(wanted, null, page.reader);
  const isShown = view.plan !== null && view.plan.digest === form.get('plan');
  const confirmed = { action: 'promote', target, from: wanted.from, plan: view.plan?.digest ?? '' } as const;
  const problem = isShown ? (activities.start(confirmed) ? null : busy(target)) : planChanged(target.name);
  if (problem === null) return void exchange.response.writeHead(303, { location: '/promotions' }).end();
  send(exchange, { status: 409, text: promotePage({ ...view, problem: view.problem ?? problem }, context) });
}

interface Steered extends At {
  readonly target: Target;
  readonly action: ActionName;
  readonly activities: Activities;
}

async function steer(at: Steered): Promise<void> {
  const { admitted, context, exchange, page, target, action, activities } = at;
  if (admitted.method !== 'POST') {
    const view = await prepareAction({ target, action, to: admitted.parameters.get('to'), problem: null }, page.reader);
    return send(exchange, { status: 200, text: actionPage(view, context) });
  }
  const form = await readOwnForm(exchange, context.formToken);
  if (form === null) return;
  const read = await readActionForm(form, { target, action }, page.reader);
  const problem = 'problem' in read ? read.problem : activities.start(read) ? null : busy(target);
  if (problem === null) {
    exchange.response.writeHead(303, { location: `/targets/${target.name}` }).end();
    return;
  }
  const to = form.get('revision');
  const view = await prepareAction({ target, action, to, problem }, page.reader);
  send(exchange, { status: 409, text: actionPage(view, context) });
}

function busy({ name }: Target): ProblemView {
  return { subject: `target ${name}`, message: 'an action is running', remedy: 'Wait until it has ended.' };
}

function notFound({ admitted, context, exchange }: At): void {
  const problem = { subject: admitted.path, message: 'does not exist', remedy: 'Choose a target.' };
  send(exchange, { status: 404, text: problemPage(problem, context.formToken) });
}
