import type { AddCommand } from './command-definition.ts';

/** The commands about images. */
export function addImageCommands(add: AddCommand): void {
  add({
    usage: 'images [name]',
    summary: 'show the wanted tag of every image, and why it is not written',
    description:
      'Show for each image and branch the version in Git, the one that its policy wants, and why it is not written. Nothing is written.',
    examples: ['headgate images', 'headgate images web --output json'],
    async body(context, _flags, [name]) {
      const { imagesCommand } = await import('./images/images.ts');
      return imagesCommand(context, { name: name ?? null });
    },
  });
}
