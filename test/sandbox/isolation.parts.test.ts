import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withoutNetwork } from '../../src/sandbox/isolation.ts';
import { inPrivateDirectory } from '../../src/sandbox/private-directory.ts';
import { runTool } from '../../src/sandbox/run-tool.ts';

const signal = new AbortController().signal;
const server = createServer((_request, response) => response.end('reached'));

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
});

/** What a renderer could do if the files that it reads make it. */
async function fetchIn(isolation: readonly string[]): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const script = `fetch('http://127.0.0.1:${port}/').then((r) => r.text()).then(console.log, () => console.log('no network'))`;
  const run = { command: process.execPath, args: ['-e', script], isolation, limits: { memoryBytes: 2 ** 40 } };
  const end = await inPrivateDirectory([], (directory) => runTool({ ...run, directory }, signal));
  return end.kind === 'output' ? end.bytes.toString().trim() : JSON.stringify(end);
}

it('keeps a renderer from every network, the machine that it runs on included', async () => {
  expect(await fetchIn([])).toBe('reached');
  const isolation = await withoutNetwork();
  // Some containers have no user namespaces, and there the paths that a renderer is given are the only protection.
  expect(await fetchIn(isolation)).toBe(isolation.length === 0 ? 'reached' : 'no network');
});
