import { describe, expect, it } from 'vitest';
import { unbuiltKeys } from '../../src/config/derived/unbuilt.ts';
import { configOf, errorsOf, withRepository } from './builders.ts';

const RECORDED = withRepository('write: env:WRITE\n    record: refs');

describe('record of a repository', () => {
  it('is none unless it is refs', () => {
    expect(configOf(withRepository('write: env:WRITE')).repositories.get('fleet')?.record).toBe('none');
    expect(configOf(RECORDED).repositories.get('fleet')?.record).toBe('refs');
  });

  it.each([
    [
      'headgate.yml:9 record of repository fleet requires write | Add write: env:FLEET_WRITE_TOKEN, a token that may push, or remove record.',
      withRepository('record: refs'),
    ],
    [
      'headgate.yml:9 record of repository fleet must be none or refs | Write none, for example.',
      withRepository('record: notes'),
    ],
    [
      'headgate.yml:9 record of repository fleet must be none or refs | Did you mean refs?',
      withRepository('record: ref'),
    ],
    [
      'headgate.yml:12 name of target images cannot be images with record: refs | Rename the target, or set record: none on its repository.',
      RECORDED.replace('name: shop-prod', 'name: images'),
    ],
    [
      'headgate.yml:12 name of target promotions cannot be promotions with record: refs | Rename the target, or set record: none on its repository.',
      RECORDED.replace('name: shop-prod', 'name: promotions'),
    ],
  ])('is refused: %s', (error, text) => {
    expect(errorsOf(text)).toEqual([error]);
  });

  it('is refused by name where it would be ignored', () => {
    const refused = {
      code: 'config-invalid',
      subject: 'record of repository fleet',
      message: 'headgate http-host does not write refs to Git yet',
      remedy: 'Set record: none, or run headgate serve instead.',
    };
    const refusedBy = (text: string) => unbuiltKeys(configOf(text), 'headgate http-host does not', ['record']);
    expect(refusedBy(RECORDED)).toEqual([refused]);
    expect(refusedBy(withRepository('write: env:WRITE'))).toEqual([]);
  });
});
