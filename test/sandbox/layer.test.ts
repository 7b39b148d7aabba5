import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readZip } from '../../src/sandbox/layer.ts';

it('reads a file out of a zip archive, stored or deflated', () => {
  const entry = (name: string, data: Buffer, method: number) => {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const local = Buffer.alloc(30 + name.length);
    local.write('PK\u0003\u0004');
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const central = Buffer.alloc(46 + name.length);
    central.write('PK\u0001\u0002');
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt16LE(name.length, 28);
    central.write(name, 46);
    return { local: Buffer.concat([local, packed]), central };
  };
  const first = entry('a/a', Buffer.from('one'), 0);
  const second = entry('b/b', Buffer.from('two '.repeat(50)), 8);
  second.central.writeUInt32LE(first.local.length, 42);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(2, 10);
  end.writeUInt32LE(first.local.length + second.local.length, 16);
  const zip = Buffer.concat([first.local, second.local, first.central, second.central, end]);
  expect(readZip(zip, 'a/a').toString()).toBe('one');
  expect(readZip(zip, 'b/b').toString()).toBe('two '.repeat(50));
  expect(() => readZip(zip, 'c')).toThrow('no file c');
});
