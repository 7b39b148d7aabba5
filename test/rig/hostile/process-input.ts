import { connect } from 'node:net';
import { decodeEntries, areShardsOf } from '../../../src/cluster/state/shard.ts';
import { asDeployError } from '../../../src/error/deploy-error.ts';
import { BODY_LIMIT_BYTES } from '../../../src/deploy/webhook/receive.ts';
import { compareTrees } from '../../../src/git/difference.ts';
import { GIT_LIMITS } from '../../../src/git/wire/limits.ts';
import { inflatedUpTo, readPack } from '../../../src/git/wire/pack.ts';
import type { ObjectStore } from '../../../src/git/wire/pack.ts';
import { inTurns } from '../../../src/git/wire/turns.ts';
import { readersApart } from '../../../src/parsing/apart.ts';
import { startHttpServer } from '../../../src/platforms/local/http-server.ts';
import type { ObjectId, PathContent } from '../../../src/snapshot/source.ts';
import { aConfig, aRepository, aTarget } from '../../githost/builders.ts';
import type { HostileInput } from './inputs.ts';
import { nestedTrees } from './packs.ts';

const apart = readersApart();
const signal = new AbortController().signal;
const oid = 'a'.repeat(40) as ObjectId;

export function closeReaders(): void {
  apart.close();
}

/** Gives an input to what reads it in `headgate serve`. Returns what became of it: `read`, or why it was refused. */
export async function outcomeOf(input: HostileInput): Promise<string> {
  try {
    return await processed(input);
  } catch (thrown) {
    const { code, message } = asDeployError(thrown);
    return `${code}: ${message}`;
  }
}

async function processed(input: HostileInput): Promise<string> {
  switch (input.kind) {
    case 'file': {
      const bytes = Buffer.from(input.text);
      const { problems } = await apart.readers.renderPlain(
        [[{ path: 'a.yaml', kind: 'file', oid, bytes }], null],
        signal,
      );
      return firstOf(problems);
    }
    case 'kustomization': {
      const path = 'apps/kustomization.yaml';
      const file: PathContent = { path, kind: 'file', oid, bytes: Buffer.from(input.text) };
      const others = ['apps/kustomization.yml', 'apps/Kustomization'].map((each) => absent(each));
      const have = new Map([file, ...others].map((each) => [each.path, each]));
      const options = { remoteBases: [], loadRestrictor: 'root-only' } as const;
      return firstOf((await apart.readers.walkKustomization(['apps', have, options], signal)).problems);
    }
    case 'trees': {
      const { pack, root } = nestedTrees(input.levels);
      const store = await read(pack);
      const context = { store, limits: GIT_LIMITS, subject: 'git' };
      const { changes } = await inTurns(compareTrees(root, null, '', context));
      return `read ${changes.length} paths`;
    }
    case 'pack':
      return `read ${(await read(input.bytes)).size} objects`;
    case 'inventory':
      return `read ${decodeEntries(input.text, 'state').length} entries`;
    case 'shards':
      return areShardsOf('headgate-shop', input.names) ? 'read' : 'state-invalid: not shards of this target';
    case 'bodies':
      return sendBodies(input);
    default:
      return input satisfies never;
  }
}

const absent = (path: string): PathContent => ({ path, kind: 'absent' });

function firstOf([first]: readonly { readonly code: string; readonly message: string }[]): string {
  return first === undefined ? 'read' : `${first.code}: ${first.message}`;
}

async function read(pack: Buffer): Promise<ObjectStore> {
  const store: ObjectStore = new Map();
  const inflated = inflatedUpTo(GIT_LIMITS.inflatedBytes, { subject: 'git' });
  await inTurns(readPack(pack, store, { hash: 'sha1', limits: GIT_LIMITS, subject: 'git', inflated }));
  return store;
}

/** Sends all but the last byte of each body, and returns the status codes that came without it. */
async function sendBodies({ count, isSigned }: Extract<HostileInput, { kind: 'bodies' }>): Promise<string> {
  const server = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      config: aConfig([aRepository()], [aTarget()]),
      version: '0',
      limitBytes: BODY_LIMIT_BYTES,
      secretsOf: async () => ['secret'],
      rotatedSecretsOf: async () => null,
      queue: { send: async () => undefined },
      randomId: () => 'id',
      nowMs: () => 0,
      log: () => undefined,
    },
  );
  const codes = await Promise.all(Array.from({ length: count }, () => sendBody(new URL(server.url), isSigned)));
  await server.close(100);
  const counts = Map.groupBy(codes, (code) => code);
  return [...counts].map(([code, all]) => `${all.length} × ${code}`).join(', ');
}

const CHUNK = Buffer.alloc(64 * 1024, 'x');

function sendBody({ hostname, port }: URL, isSigned: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let left = BODY_LIMIT_BYTES - 1;
    const end = (outcome: string) => {
      socket.destroy();
      resolve(outcome);
    };
    const send = () => {
      while (left > 0) {
        const part = CHUNK.subarray(0, Math.min(left, CHUNK.length));
        left -= part.length;
        if (!socket.write(part)) return;
      }
      // The server holds the body until the last byte arrives.
      socket.setTimeout(3000, () => end('held'));
    };
    socket.setTimeout(10_000, () => end('held'));
    socket.on('data', (data) => end(data.toString('latin1').slice(9, 12)));
    socket.on('error', () => end('closed'));
    socket.on('close', () => end('closed'));
    socket.on('drain', send);
    const signature = isSigned ? `x-hub-signature-256: sha256=${'0'.repeat(64)}\r\n` : '';
    const headers = `host: a\r\ncontent-type: application/json\r\ncontent-length: ${BODY_LIMIT_BYTES}\r\n${signature}`;
    socket.write(`POST /webhooks/fleet HTTP/1.1\r\n${headers}\r\n`);
    send();
  });
}
