import { styleText } from 'node:util';

export type Color = 'red' | 'yellow' | 'green' | 'blue' | 'gray' | 'bold';

export type Paint = (colour: Color, text: string) => string;

/** Colours on a terminal only, and never with NO_COLOR (no-color.org: set and not empty). */
export function makePaint({ isTerminal, env }: { isTerminal: boolean; env: NodeJS.ProcessEnv }): Paint {
  const isPlain = !isTerminal || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  if (isPlain) return (_colour, text) => text;
  return (colour, text) => styleText(colour, text, { validateStream: false });
}
