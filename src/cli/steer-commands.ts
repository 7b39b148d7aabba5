import { Option } from 'commander';
import type { Revision } from '../snapshot/source.ts';
import type { AddCommand } from './command-definition.ts';
import { findTarget } from './lookup/find-target.ts';
import { parseRevision, parseText, parseTime } from './terminal/option-values.ts';
import type { WrittenTime } from './terminal/option-values.ts';

/** The commands that stop a target, put it back, let it follow its branch again, and show what it has deployed. */
export function addSteerCommands(add: AddCommand): void {
  addHold(add);
  addRelease(add);
  addRollback(add);
  addHistory(add);
  addDiff(add);
  addStats(add);
}

function addHold(add: AddCommand): void {
  add<{ reason: string; at?: Revision; until?: WrittenTime }>({
    usage: 'hold <target>',
    summary: 'keep a target where it is, whatever is pushed',
    description:
      'Keep a target at its commit, or at another one, whatever is pushed. A run in progress finishes. Drift is still corrected.',
    examples: [
      'headgate hold shop-prod --reason "incident 4711"',
      'headgate hold shop-prod --reason "release party" --at "$(git rev-parse v1.2.0)" --until 2h',
    ],
    options: [
      new Option('--reason <text>', 'reason, shown to everyone who pushes').argParser(parseText).makeOptionMandatory(),
      new Option('--at <sha>', 'full commit id to deploy now and keep').argParser(parseRevision),
      new Option('--until <time>', 'when the hold ends: RFC 3339, or a duration such as 2h').argParser(parseTime),
    ],
    async body(context, { reason, at, until }, [name = '']) {
      const { holdCommand } = await import('./steer/hold.ts');
      const target = await findTarget(context, name);
      return holdCommand(context, { target, reason, at: at ?? null, until: until ?? null });
    },
  });
}

function addRelease(add: AddCommand): void {
  add({
    usage: 'release <target>',
    summary: 'end a hold and deploy the tip',
    description: 'End the hold of a target, even one that another person set, and deploy the tip of the branch.',
    examples: ['headgate release shop-prod'],
    async body(context, _flags, [name = '']) {
      const { releaseCommand } = await import('./steer/hold.ts');
      return releaseCommand(context, { target: await findTarget(context, name) });
    },
  });
}

function addRollback(add: AddCommand): void {
  add<{ to?: Revision; reason?: string }>({
    usage: 'rollback <target>',
    summary: 'put a target back to the last commit that was ready, and keep it there',
    description:
      'Deploy the last commit that became ready, or another one, and hold the target there until headgate release.',
    examples: ['headgate rollback shop-prod', 'headgate rollback shop-prod --to "$(git rev-parse v1.2.0)"'],
    options: [
      new Option('--to <sha>', 'full commit id to put the target back to').argParser(parseRevision),
      new Option('--reason <text>', 'reason, shown to everyone who pushes').argParser(parseText),
    ],
    async body(context, { to, reason }, [name = '']) {
      const { rollbackCommand } = await import('./steer/hold.ts');
      const target = await findTarget(context, name);
      return rollbackCommand(context, { target, to: to ?? null, reason: reason ?? null });
    },
  });
}

function addHistory(add: AddCommand): void {
  add({
    usage: 'history <target>',
    summary: 'show the last 20 outcomes of a target',
    description:
      'Show what was deployed to a target, newest first: commit, verdict, changes, duration, and who requested it.',
    examples: ['headgate history shop-prod', 'headgate history shop-prod --output json'],
    async body(context, _flags, [name = '']) {
      const { historyCommand } = await import('./steer/history.ts');
      const { findTargetOrPreview } = await import('./lookup/find-preview.ts');
      return historyCommand(context, await findTargetOrPreview(context, name));
    },
  });
}

function addStats(add: AddCommand): void {
  add({
    usage: 'stats [target]',
    summary: 'show how often targets change, fail and are restored',
    description:
      "Show DORA's figures from the last 20 outcomes of each target: changes, failure rate, time to restore, lead time, and the window they cover.",
    examples: ['headgate stats', 'headgate stats shop-prod --output json'],
    async body(context, _flags, [name]) {
      const { statsCommand } = await import('./steer/stats.ts');
      return statsCommand(context, name === undefined ? null : await findTarget(context, name));
    },
  });
}

function addDiff(add: AddCommand): void {
  add({
    usage: 'diff <target> <before> <after>',
    summary: 'compare the objects of a target at two commits',
    description:
      'Show what the second commit changes in the objects of a target since the first one, from Git alone. Exit code 2 means changes.',
    examples: ['headgate diff shop-prod 3f9c2a1b77d0 81be04c2d9aa'],
    async body(context, _flags, [name = '', before = '', after = '']) {
      const { diffCommand } = await import('./steer/diff.ts');
      const { findTargetOrPreview } = await import('./lookup/find-preview.ts');
      return diffCommand(context, await findTargetOrPreview(context, name), [before, after]);
    },
  });
}
