import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { CollectionTag, ScalarTag } from 'yaml';
import type { Template } from './packaged.ts';

/** The short forms of CloudFormation's functions that the files in infra use. */
const NAMES: Readonly<Record<string, string>> = {
  Ref: 'Ref',
  Sub: 'Fn::Sub',
  GetAtt: 'Fn::GetAtt',
  If: 'Fn::If',
  Not: 'Fn::Not',
  Equals: 'Fn::Equals',
  Join: 'Fn::Join',
};
const tags = Object.entries(NAMES).flatMap(([tag, name]): (ScalarTag | CollectionTag)[] => [
  { tag: `!${tag}`, resolve: (text: string) => ({ [name]: tag === 'GetAtt' ? text.split('.') : text }) },
  {
    tag: `!${tag}`,
    collection: 'seq',
    resolve: (list) => ({ [name]: (list as unknown as { toJSON(): unknown }).toJSON() }),
  },
]);

/** A template, or a part of one, of infra. */
export async function readFragment(name: string): Promise<Template> {
  const text = await readFile(join(import.meta.dirname, '../../infra', name), 'utf8');
  return parseDocument(text, { customTags: tags, merge: true }).toJS() as Template;
}
