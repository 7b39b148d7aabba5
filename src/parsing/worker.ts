import { parentPort } from 'node:worker_threads';
import { callReader } from './functions.ts';
import { readCall, writeResult } from './message.ts';

// Runs in a worker thread. An error ends the worker, and arrives at the other side.
parentPort?.on('message', (bytes: Uint8Array) => void answer(bytes));

async function answer(bytes: Uint8Array): Promise<void> {
  const { name, parameters } = readCall(bytes);
  const result = await callReader(name, parameters, new AbortController().signal);
  for (const part of writeResult(result)) send(part, [part.buffer]);
  send(null, []);
}

function send(part: Uint8Array | null, transferred: readonly ArrayBuffer[]): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  parentPort?.postMessage(part, [...transferred]);
}
