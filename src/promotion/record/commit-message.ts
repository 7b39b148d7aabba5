import { code } from '../../deploy/show/markdown-text.ts';
import type { Edit } from '../carry/carried.ts';
import { trailersOf } from './record.ts';
import type { PromotionToWrite } from './record.ts';

/** More would hide the trailers. */
const SHOWN_EDITS = 20;
const SHORT = 12;

/** The message of a promotion: what people read, then trailers that name the promotion, the stages and what moved. */
export function commitMessage(written: PromotionToWrite, edits: readonly Edit[]): string {
  const { stage, from, moved } = written;
  const [first] = moved;
  const what = first !== undefined && moved.length === 1 ? shortName(first.key) : `${moved.length} versions`;
  const to = first !== undefined && moved.length === 1 && isShort(first.to) ? ` ${first.to}` : '';
  const sources = from.map((source) => `${source.stage} at ${source.revision.slice(0, SHORT)}`);
  const more = edits.length > SHOWN_EDITS ? [`- and ${edits.length - SHOWN_EDITS} more`] : [];
  return [
    `Promote ${what}${to} to ${stage}`,
    '',
    `From ${sources.join(', ')}:`,
    ...edits.slice(0, SHOWN_EDITS).map((edit) => `- ${formatEdit(edit)}`),
    ...more,
    '',
    ...trailersOf(written),
    '',
  ].join('\n');
}

/** What people read on a pull request. It depends on the proposal alone, so that it is written once. */
export function pullRequestText(
  written: PromotionToWrite,
  edits: readonly Edit[],
): { readonly title: string; readonly body: string } {
  const [title = ''] = commitMessage(written, edits).split('\n');
  const { promotion, stage, from, by } = written;
  const sources = from.map((source) => `${code(source.stage)} at ${source.revision}`);
  const who = by === null ? [] : [`Requested by ${code(by)}.`];
  const more = edits.length > SHOWN_EDITS ? [`- and ${edits.length - SHOWN_EDITS} more`] : [];
  const list = [...edits.slice(0, SHOWN_EDITS).map((edit) => `- ${code(formatEdit(edit))}`), ...more];
  const body = [
    `Headgate keeps this pull request up to date with the versions that promotion ${code(promotion)} moves to ${code(stage)}. Merge it to deploy them. If you close it, these versions are not proposed again.`,
    `From ${sources.join(', ')}:`,
    list.join('\n'),
    ...who,
  ];
  return { title, body: `${body.join('\n\n')}\n` };
}

/** `clusters/prod/web.yaml:7: ghcr.io/acme/web 1.0.0 -> 1.1.0` */
export function formatEdit({ key, path, line, from, to }: Edit): string {
  const place = line === null ? path : `${path}:${line}`;
  return `${place}: ${key} ${shortVersion(from)} -> ${shortVersion(to)}`;
}

/** Of a whole file, the id of its content. */
export function shortVersion(version: string): string {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(version) ? version.slice(0, SHORT) : version;
}

function shortName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function isShort(version: string): boolean {
  return version.length < 40;
}
