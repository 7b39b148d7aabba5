import { createHash, createHmac } from 'node:crypto';
import type { Hash, Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Bytes = string | ArrayBuffer | ArrayBufferView;

class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', asBuffer(secret));
  }
  update(part: Bytes): void {
    this.#hash.update(asBuffer(part));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('a hash can be used only once');
  }
}

function asBuffer(bytes: Bytes): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);
}

/** The AWS SDK's signer, whose results our signer has to match. */
export function signer(keys: Keys, { service, region }: { service: string; region: string }): SignatureV4 {
  return new SignatureV4({ credentials: keys, service, region, sha256: Sha256, applyChecksum: false });
}

export function asHttpRequest({ method, path, query = {}, headers, body }: PlainRequest) {
  const host = headers['host'] ?? '';
  return { method, protocol: 'https:', hostname: host, path, query: { ...query }, headers: { ...headers }, body };
}
