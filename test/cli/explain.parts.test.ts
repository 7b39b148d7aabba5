import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/reference/json-schema.ts';
import { headgate } from './headgate.ts';

describe('headgate explain', () => {
  it('shows the type, default, meaning and example of a key, without a headgate.yml', async () => {
    expect(await headgate(['explain', 'prune.limit'])).toEqual({
      code: 0,
      stderr: '',
      stdout: `targets.prune.limit
  number; default: 30

  A run that would delete more objects is refused.

Example:
  limit: 100
`,
    });
  });

  it('lists the keys inside a map, and those of the file without a key', async () => {
    expect((await headgate(['explain', 'targets.prune'])).stdout).toMatch(
      /Keys inside:\n {2}targets\.prune\.enabled\n/,
    );
    expect((await headgate(['explain'])).stdout).toMatch(/^Keys:\n {2}key\n(?: {4}.+\n)+ {2}clusters\n/);
  });

  it('suggests the key that was meant', async () => {
    const { code, stderr } = await headgate(['explain', 'prune.limt']);
    expect([code, stderr]).toEqual([64, expect.stringContaining('Did you mean targets.prune.limit?')]);
  });

  it('prints the JSON Schema', async () => {
    const { stdout } = await headgate(['explain', '--json-schema']);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(configSchema())));
  });
});
