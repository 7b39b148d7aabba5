import { describe, expect, it } from 'vitest';
import { readBody, signBody } from '../../../src/pulls/comment/signed-body.ts';

const FACTS = {
  repository: 'https://github.com/acme/fleet.git',
  pullRequest: 12,
  author: '41',
  head: 'a'.repeat(40),
  tip: 'b'.repeat(40),
  targets: ['shop'],
};
const KEYS = ['k'.repeat(32)];

describe('the body of a comment', () => {
  it('is read with its facts and its content', () => {
    expect(readBody(signBody('### Plan\n\ntext', FACTS, KEYS), KEYS)).toEqual({
      facts: FACTS,
      content: '### Plan\n\ntext',
    });
  });

  it('is the same when the host changes line endings and what is at the end', () => {
    const body = signBody('### Plan\n\ntext', FACTS, KEYS).replaceAll('\n', '\r\n');
    expect(readBody(`${body}\n`, KEYS)?.content).toBe('### Plan\n\ntext');
  });

  it('keeps its facts, but not its content, when it is edited', () => {
    const body = signBody('### Plan\n\ntext', FACTS, KEYS);
    expect(readBody(body.replace('text', '1 to prune'), KEYS)).toEqual({ facts: FACTS, content: null });
    expect(readBody(`${body}\nmore`, KEYS)).toEqual({ facts: FACTS, content: null });
  });

  it('proves nothing with another key, with other facts, or without its marker at the beginning', () => {
    const body = signBody('text', FACTS, KEYS);
    const [, signed = '', proof = ''] = /v1 (\S+) (\S+) /.exec(body) ?? [];
    const other = Buffer.from(
      Buffer.from(signed, 'base64url').toString().replace('"pullRequest":12', '"pullRequest":13'),
    ).toString('base64url');
    expect(readBody(body, ['x'.repeat(32)])).toBeNull();
    expect(readBody(body.replace(signed, other), KEYS)).toBeNull();
    expect(readBody(body.replace(proof, `${proof.slice(0, -1)}${proof.endsWith('A') ? 'E' : 'A'}`), KEYS)).toBeNull();
    expect(readBody(`Look: ${body}`, KEYS)).toBeNull();
    expect(readBody('<!-- headgate:plan:v1 x y -->', KEYS)).toBeNull();
    expect(readBody(body, [])).toBeNull();
  });

  it('is read with each key of a list, so that a key can be rotated', () => {
    const body = signBody('text', FACTS, ['old'.repeat(11)]);
    expect(readBody(body, ['new'.repeat(11), 'old'.repeat(11)])?.facts).toEqual(FACTS);
  });
});
