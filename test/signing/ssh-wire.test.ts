import { expect, it } from 'vitest';
import { mpint, readWire, string, uint32 } from '../../src/signing/ssh-wire.ts';

it.each([
  [[], '00000000'],
  [[0, 0], '00000000'],
  [[1], '0000000101'],
  [[0, 0, 0x7f], '000000017f'],
  // Without the zero it would be negative.
  [[0x80], '000000020080'],
  [[0, 0x80, 0], '00000003008000'],
])('writes the number %j as SSH does', (bytes, hex) => {
  expect(mpint(Buffer.from(bytes)).toString('hex')).toBe(hex);
});

it('reads what it writes, and nothing past the end', () => {
  const wire = readWire(Buffer.concat([uint32(7), string('ab'), Buffer.from([0, 0, 0, 9, 1])]));
  expect([wire.uint32(), wire.text(), wire.isCut()]).toEqual([7, 'ab', false]);
  expect([wire.text(), wire.isCut(), wire.uint32(), wire.text()]).toEqual(['\x01', true, 0, '']);
});
