import { DeployError } from '../error/deploy-error.ts';
import type { AddCommand } from './command-definition.ts';

/** The commands about images. */
export function addImageCommands(add: AddCommand): void {
  add({
    usage: 'images [name] [released]',
    summary: 'show the wanted tag of every image, and why it is not written',
    description:
      'Show, for each image and branch, the version in Git, the version that the policy wants, and why that one is not written. Nothing is written. headgate images release NAME lets reverted versions be written again.',
    examples: ['headgate images', 'headgate images web --output json', 'headgate images release web'],
    async body(context, _flags, [name, released]) {
      if (name === 'release') {
        if (released === undefined) throw nothingToRelease();
        const { releaseImageCommand } = await import('./images/release.ts');
        return releaseImageCommand(context, { name: released });
      }
      if (released !== undefined) throw unexpected(name ?? '', released);
      const { imagesCommand } = await import('./images/images.ts');
      return imagesCommand(context, { name: name ?? null });
    },
  });
}

function nothingToRelease(): DeployError {
  return new DeployError('usage', {
    subject: 'headgate images release',
    message: 'the name of the image is missing',
    remedy: 'Run headgate images release web, for example.',
  });
}

function unexpected(name: string, second: string): DeployError {
  return new DeployError('usage', {
    subject: 'headgate images',
    message: `unexpected argument ${second}`,
    remedy: second === 'release' ? `Did you mean headgate images release ${name}?` : 'Pass one name.',
  });
}
