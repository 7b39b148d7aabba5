import { styleText } from 'node:util';

export type Color = 'red' | 'yellow' | 'green' | 'blue' | 'gray' | 'bold';

export type Paint = (color: Color, text: string) => string;

/** Colors text on a terminal, unless NO_COLOR is set and not empty (no-color.org). */
export function makePaint({ isTerminal, env }: { isTerminal: boolean; env: NodeJS.ProcessEnv }): Paint {
  const isPlain = !isTerminal || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  if (isPlain) return (_color, text) => text;
  return (color, text) => styleText(color, text, { validateStream: false });
}
