import { cutEnd, inCharacters } from '../../error/cut-text.ts';
import type { Problem } from '../../error/deploy-error.ts';

const MESSAGE = inCharacters(400);

/** Turns a renderer's stderr into a problem, without private paths, and with the file and line that it mentions as the subject. */
export function renderProblem(
  stderr: string,
  { file, root, paths }: { file: string; root: string; paths: Iterable<string> },
): Problem {
  const text = stderr
    .replaceAll(`${root}/`, '')
    .replaceAll(root, '.')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replace(/^.*?(error:|Error:)\s*/, '')
    .trim();
  const named = [...paths]
    .filter((path) => path !== '' && text.includes(path))
    .toSorted((a, b) => b.length - a.length)[0];
  const line = named === undefined ? null : lineAfter(text, named);
  return {
    code: 'render-failed',
    subject: line === null ? (named ?? file) : `${named ?? file}:${line}`,
    message: text === '' ? 'the renderer failed without an error message' : cutEnd(text, MESSAGE),
    remedy: 'Run kubectl kustomize or helm template to reproduce the error.',
  };
}

/** `file.yaml:7`, or `line 7` somewhere after the file's name. */
function lineAfter(text: string, path: string): string | null {
  const rest = text.slice(text.lastIndexOf(path) + path.length);
  return /^:(\d+)/.exec(rest)?.[1] ?? /\bline (\d+)/.exec(rest)?.[1] ?? null;
}

/** Shorter values are not redacted, because they would match all over the message. */
const MIN_SECRET_LENGTH = 4;

/** Removes text that becomes the value of a Secret: kustomize quotes a line that it cannot parse. */
export function redactSecrets(problem: Problem, secrets: readonly string[]): Problem {
  const hidden = new Set(secrets.flatMap((secret) => piecesOf(secret)));
  const message = [...hidden]
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, piece) => text.replaceAll(piece, '***'), problem.message);
  return { ...problem, message };
}

/** A manifest or a patch of a Secret, parsed or not. */
const SECRET = /\bkind["']?\s*:\s*["']?Secret\b/;

/** A renderer may quote any part of what it cannot parse, so with a Secret among its inputs only the place is shown. */
export function withholdIfSecret(problem: Problem, inputs: readonly { readonly bytes: Uint8Array }[]): Problem {
  if (problem.code !== 'render-failed' || !inputs.some(({ bytes }) => SECRET.test(Buffer.from(bytes).toString())))
    return problem;
  const message = 'the renderer failed; its message is withheld because a Secret is among the files that it read';
  return { ...problem, message };
}

/** Whole lines, and what follows the first `=`. */
function piecesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return lines
    .flatMap((line) => [line, line.slice(line.indexOf('=') + 1).trim()])
    .filter((piece) => piece.length >= MIN_SECRET_LENGTH);
}
