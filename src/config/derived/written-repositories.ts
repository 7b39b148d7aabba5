import type { Config, Repository } from '../checked/config.ts';

/** The repositories that images, promotions or records are written to. `write` alone writes nothing. */
export function writtenRepositories({
  repositories,
  images,
  promotions,
}: Pick<Config, 'repositories' | 'images' | 'promotions'>): readonly Repository[] {
  const written = [
    ...[...repositories.values()].filter(({ record }) => record === 'refs'),
    ...[...images.values()].flatMap(({ writes }) => writes.map(({ repository }) => repository)),
    ...[...promotions.values()].flatMap(({ steps }) => steps.map(({ to }) => to.repository)),
  ];
  return [...new Set(written)];
}
