import { describe, expect, it } from 'vitest';
import { STATUS_HOSTS, statusReaderOf } from '../../src/githost/status-readers.ts';
import type { HostName } from '../../src/githost/hosts.ts';
import { asRevision } from '../../src/snapshot/source.ts';

const REVISION = asRevision('a'.repeat(40));
const at = { api: 'https://git.example.com/api', fullName: 'acme/fleet' };

async function readerOf(host: HostName) {
  const loadStatusReader = statusReaderOf(host);
  if (loadStatusReader === null || REVISION === null) throw new Error(`${host} has no statuses that are read`);
  return (await loadStatusReader()).listStatuses({ ...at, revision: REVISION }, 2);
}

const answer = (content: unknown, status = 200, headers = {}) => ({ status, headers, text: JSON.stringify(content) });

/** As each host answers, the newest first. */
const CASES: readonly (readonly [HostName, string, readonly object[]])[] = [
  [
    'github',
    `https://git.example.com/api/repos/acme/fleet/commits/${REVISION}/statuses?per_page=100&page=2`,
    [
      { id: 3, state: 'success', context: 'e2e', creator: { login: 'ci-bot', id: 1, type: 'Bot' } },
      { id: 2, state: 'error', context: 'e2e', creator: null },
      { id: 1, state: 'pending', context: 'load', creator: { login: 'ann', id: 2 } },
    ],
  ],
  [
    'gitlab',
    `https://git.example.com/api/projects/acme%2Ffleet/repository/commits/${REVISION}/statuses?all=true&order_by=id&sort=desc&per_page=100&page=2`,
    [
      { id: 3, status: 'success', name: 'e2e', author: { id: 1, username: 'ci-bot' } },
      { id: 2, status: 'canceled', name: 'e2e', author: null },
      { id: 1, status: 'running', name: 'load', author: { id: 2, username: 'ann' } },
    ],
  ],
  ...(['gitea', 'forgejo'] as const).map(
    (host) =>
      [
        host,
        `https://git.example.com/api/repos/acme/fleet/commits/${REVISION}/statuses?sort=recentupdate&limit=50&page=2`,
        [
          { id: 3, status: 'success', context: 'e2e', creator: { id: 1, login: 'ci-bot' } },
          { id: 2, status: 'warning', context: 'e2e', creator: null },
          { id: 1, status: 'pending', context: 'load', creator: { id: 2, login: 'ann' } },
        ],
      ] as const,
  ),
];

describe('the commit statuses of other systems', () => {
  it.each(CASES)('are read from %s with their authors', async (host, url, content) => {
    const { request, read } = await readerOf(host);
    expect([request.method, request.url]).toEqual(['GET', url]);
    expect(read(answer(content, 200, { link: '<https://elsewhere>; rel="next"' }))).toEqual({
      items: [
        { context: 'e2e', state: 'success', author: 'ci-bot' },
        { context: 'e2e', state: 'error', author: null },
        { context: 'load', state: 'pending', author: 'ann' },
      ],
      isLast: false,
    });
    expect(read(answer([]))).toEqual({ items: [], isLast: true });
    expect([read(answer({}, 404)), read(answer({}, 403)), read(answer({ statuses: 7 }))]).toEqual([
      null,
      undefined,
      undefined,
    ]);
  });

  it('are read on exactly the hosts that headgate.yml accepts them for', () => {
    expect(STATUS_HOSTS).toEqual(CASES.map(([host]) => host));
  });
});
