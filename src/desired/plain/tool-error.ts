import type { Problem } from '../../error/deploy-error.ts';

const LENGTH = 400;

/** How a renderer's last words become a problem: its private paths gone, and the file and line that it names as the subject. */
export function renderProblem(
  words: string,
  { file, root, paths }: { file: string; root: string; paths: Iterable<string> },
): Problem {
  const text = words
    .replaceAll(`${root}/`, '')
    .replaceAll(root, '.')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replace(/^.*?(error:|Error:)\s*/, '')
    .trim();
  const named = [...paths]
    .filter((path) => path !== '' && text.includes(path))
    .toSorted((a, b) => b.length - a.length)[0];
  const line = named === undefined ? null : lineBehind(text, named);
  return {
    code: 'render-failed',
    subject: line === null ? (named ?? file) : `${named ?? file}:${line}`,
    message: text === '' ? 'it ended without a word' : text.length > LENGTH ? `${text.slice(0, LENGTH - 1)}…` : text,
    remedy: 'Mend what it names; the same command shows it on your machine.',
  };
}

/** `file.yaml:7`, or `line 7` somewhere behind the file's name. */
function lineBehind(text: string, path: string): string | null {
  const behind = text.slice(text.lastIndexOf(path) + path.length);
  return /^:(\d+)/.exec(behind)?.[1] ?? /\bline (\d+)/.exec(behind)?.[1] ?? null;
}

/** The shortest text that is taken for a value: below it every error would be full of holes. */
const HIDDEN_LENGTH = 4;

/** An error without what becomes the value of a Secret: kustomize repeats the line that it does not understand. */
export function redactSecrets(problem: Problem, secrets: readonly string[]): Problem {
  const hidden = new Set(secrets.flatMap((secret) => piecesOf(secret)));
  const message = [...hidden]
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, piece) => text.replaceAll(piece, '***'), problem.message);
  return { ...problem, message };
}

/** Whole lines, and what stands on either side of the first `=`. */
function piecesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return lines
    .flatMap((line) => [line, line.slice(line.indexOf('=') + 1).trim()])
    .filter((piece) => piece.length >= HIDDEN_LENGTH);
}
