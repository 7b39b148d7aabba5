import { Option } from 'commander';
import type { Revision } from '../snapshot/source.ts';
import type { AddCommand } from './command-definition.ts';
import { parseRevision } from './terminal/option-values.ts';

/** The commands about promotions. */
export function addPromoteCommands(add: AddCommand): void {
  add({
    usage: 'promotions [name]',
    summary: 'show what each stage of a promotion has, and what would move next',
    description:
      'Show for each stage the deployed commit, its versions, since when it is ready or why it is not, and for each step what would be written, and everything that it waits for. Nothing is written.',
    examples: ['headgate promotions', 'headgate promotions shop --output json'],
    async body(context, _flags, [name]) {
      const { promotionsCommand } = await import('./promote/promotions.ts');
      return promotionsCommand(context, name ?? null);
    },
  });
  add<{ image?: string; revision?: Revision }>({
    usage: 'promote <from> <to>',
    summary: 'promote what the previous stage has deployed',
    description:
      'Show the edits, then write the versions that are deployed and ready in a previous stage. Soak time, statuses and windows are shown but bypassed. Promoting an older version sets a hold: automation writes nothing to the stage until a person promotes again.',
    examples: [
      'headgate promote shop-staging shop-prod',
      'headgate promote shop-staging shop-prod --image web --yes',
      'headgate promote shop-staging shop-prod --revision "$(git rev-parse v1.2.0)"',
    ],
    options: [
      new Option('--image <name>', 'move this image only: its name in headgate.yml, or the end of its address'),
      new Option('--revision <sha>', 'full commit id that was deployed to the stage before').argParser(parseRevision),
    ],
    async body(context, { image, revision }, [from = '', to = '']) {
      const { promoteCommand } = await import('./promote/promote.ts');
      return promoteCommand(context, { from, to, image: image ?? null, revision: revision ?? null, shown: null });
    },
  });
}
