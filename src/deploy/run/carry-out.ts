import type { Elsewhere } from '../../plan/model/facts.ts';
import { DeployError, failureClassOf } from '../../error/deploy-error.ts';
import { joinChanges, withChange } from '../../state/target-state.ts';
import { filesOf, isBeforePrunes } from '../../plan/model/plan.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import { applied, refused, undecidedWarning } from '../report/report.ts';
import { backgroundReport, during } from './background-report.ts';
import type { BackgroundReport } from './background-report.ts';
import { reportSuperseded, reportWaiting } from './report-events.ts';
import { nextOf } from '../prepare/next.ts';
import { checkOf, owed, previousOf, unchangedSince, withOverall } from './outcome.ts';
import { waitBefore } from './pause-before.ts';
import type { PlannedRun } from '../prepare/started-run.ts';
import { pendingOfHeld, refusalState, successState, transitionsOf } from './state-transitions.ts';
import { statusIsFinal } from './waiting.ts';
import { locateFields } from '../prepare/locate-fields.ts';
import { namesOf } from '../prepare/names.ts';

/** Does what the plan decided. */
export async function carryOut(planned: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  // What is refused is refused, approved or not.
  if (planned.request.target.approval === 'none' || planned.plan.refusals.length > 0)
    return carryOutApproved(planned, world, signal);
  const { approvalGate } = await import('./approval-gate.ts');
  const gate = await approvalGate(planned, world, signal);
  return gate.kind === 'deferred' ? gate.report : carryOutApproved(gate.run, world, signal);
}

function carryOutApproved(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const superseded = backgroundReport(() => reportSuperseded(run, world, signal));
  superseded.send();
  return during(superseded, async () => {
    await requestUndecided(run, ({ kind, hasRun }) => kind === 'awaited' || (kind === 'undecided' && !hasRun), signal);
    const report = await carryOutNext(run, world, signal);
    // That target may depend on this one, so its run is requested only now.
    await requestUndecided(run, ({ kind }) => kind === 'inhabited', signal);
    return report;
  });
}

function carryOutNext(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const next = nextOf(run.plan);
  switch (next) {
    case 'refuse':
      return refuse(run, world, signal);
    case 'record':
      return record(run, world, signal);
    case 'wait':
      return waitForOthers(run, world, signal);
    case 'pause': {
      const { plan } = run;
      const pause = {
        on: namesOf(plan.awaits),
        check: checkOf(run),
        isApplied: isBeforePrunes(plan),
        also: pendingOfHeld(run),
      };
      return waitBefore(run, pause, world, signal);
    }
    case 'apply':
      return apply(run, world, signal);
    default:
      return next satisfies never;
  }
}

/** Few pushes move objects between targets. */
async function waitForOthers(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const { waitForRelease } = await import('./wait-for-release.ts');
  return waitForRelease(run, world, signal);
}

/** Targets that have not run yet decide what this one may forget. A run that was requested by them does not request them again. */
async function requestUndecided(
  { plan, request, neighbors }: PlannedRun,
  decides: (by: Elsewhere) => boolean,
  signal: AbortSignal,
): Promise<void> {
  if (plan.refusals.length > 0 || (request.wokenBy ?? []).length > 0) return;
  const unread = plan.undecided.filter(({ by }) => decides(by)).map(({ by }) => by.target);
  await neighbors.requestRuns([...new Set(unread)], signal);
}

/** Records only the attempt, and without a namespace not even that: there is no place for it. */
async function refuse(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const { plan, state, revision } = run;
  const report = refused(revision, previousOf(state), plan);
  const unavailable = report.errors.find(({ code }) => failureClassOf(code) === 'external');
  if (unavailable !== undefined) throw new DeployError(unavailable.code, unavailable);
  if (plan.namespace !== 'present' || report.errors.some(({ code }) => code === 'namespace-missing')) return report;
  const change = refusalState(run, report.errors);
  await world.stage('record', () => run.observed.record(change, signal));
  return { ...report, isRecorded: true };
}

async function record(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const { plan, state, revision } = run;
  if (plan.awaits.length > 0) await world.checks.send(checkOf(run), 0, signal);
  const done = { run: { dirty: filesOf(plan.undecided) }, outcome: { pendingOn: null } };
  const change = joinChanges(joinChanges(done, successState(run, 'unchanged')), pendingOfHeld(run));
  await world.stage('record', () => run.observed.record(change, signal));
  const report = unchangedSince(withChange(state, change), revision);
  const warnings = [...plan.warnings, ...plan.undecided.map((each) => undecidedWarning(each))];
  return { ...report, previous: previousOf(state), warnings, isRecorded: true, ...owed(run) };
}

async function apply(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const { revision } = run;
  // The commit of a hold keeps the status that it has until the outcome.
  const isFinal = run.isHeld || (await statusIsFinal(run, world, signal));
  const started = backgroundReport(isFinal ? null : () => world.report({ kind: 'started', revision }, signal));
  const report = await during(started, () => applyAndClose(run, started, world, signal));
  // Entries that had only to be forgotten change nothing, and the commit is pending since the run started.
  return report.verdict === 'unchanged' && !isFinal ? { ...report, isOwed: true } : report;
}

async function applyAndClose(
  run: PlannedRun,
  started: BackgroundReport,
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const { plan, state, revision } = run;
  const { waitMs } = run.request.target;
  // Not before it holds the lease: the run that does has reported the commit, and may have reported its end.
  const open = await world.stage('apply', () => run.observed.apply(plan, transitionsOf(run), signal, started.send));
  const report = withOverall(applied(revision, previousOf(state), { plan, results: open.results, waitMs }), run);
  if (report.readiness === 'awaited') {
    // The check reports as soon as the run is closed, and must not be overtaken by what the run reports.
    await started.arrived();
    if (report.verdict === 'waiting') await reportWaiting(run, namesOf(plan.awaits), world, signal);
    // Before the close: if the run died after it, nothing would show that the check is missing.
    await world.checks.send(checkOf(run, report), 0, signal);
  }
  await world.stage('record', () => open.close(signal));
  // Once they have taken the objects over, this target forgets them.
  await run.neighbors.requestRuns([...new Set(plan.releases.map(({ to }) => to))], signal);
  return { ...report, errors: await locateFields(report.errors, run, world, signal) };
}
