import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readConfig } from '../../config/checked/read-config.ts';
import { regionOf, stageOf } from './headgate-stack.ts';
import type { Context } from '../terminal/context.ts';

/** Makes headgate.yml name its stack, so that connect and doctor find it without flags. */
export interface StackMemory {
  readonly path: string;
  /** The line to add. */
  readonly line: string;
  /** The file with that line; null: it cannot be appended, as to a file in JSON. */
  readonly text: string | null;
}

/** Null: headgate.yml already names a stack. */
export async function planStackMemory(context: Context): Promise<StackMemory | null> {
  const path = resolve(context.configPath);
  const before = await readFile(path, 'utf8');
  const known = awsOf(before, path);
  if (known === null || known.region !== null || known.stage !== null) return null;
  const aws = { region: await regionOf(context), stage: stageOf(context.config) };
  const line = `aws: { region: ${aws.region}, stage: ${aws.stage} }`;
  const text = `${before}${before.endsWith('\n') ? '' : '\n'}${line} # where bootstrap, connect and doctor find the stack\n`;
  const read = awsOf(text, path);
  const isRead = read !== null && read.region === aws.region && read.stage === aws.stage;
  return { path: context.configPath, line, text: isRead ? text : null };
}

function awsOf(text: string, path: string) {
  const read = readConfig({ text, path });
  return 'problems' in read ? null : read.config.aws;
}

/** A file that may not be written keeps its text, and the user reads what to add. */
export async function rememberStack({ path, line, text }: StackMemory, { log }: Context): Promise<void> {
  const written =
    text === null
      ? false
      : await writeFile(resolve(path), text).then(
          () => true,
          () => false,
        );
  if (!written) log({ level: 'warn', message: 'not-remembered', subject: path, remedy: `Add ${line} to ${path}.` });
}
