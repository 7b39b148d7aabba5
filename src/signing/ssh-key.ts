import { createPrivateKey, sign } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { mpint, readWire, string, unsigned } from './ssh-wire.ts';

/** A private key of OpenSSH that signs. */
export interface SshKey {
  /** `ssh-ed25519` */
  readonly type: string;
  /** As in `authorized_keys`, decoded. */
  readonly publicKey: Buffer;
  /** The signature with its format, as SSH sends it. */
  sign(data: Uint8Array): Buffer;
}

export type ParsedSshKey =
  | { readonly kind: 'key'; readonly key: SshKey }
  /** `message` completes a sentence that begins with the key. */
  | { readonly kind: 'refused'; readonly message: string; readonly remedy: string };

const ARMOR = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END OPENSSH PRIVATE KEY-----\s*$/;
const MAGIC = 'openssh-key-v1\0';
const CREATE = "Create a key for this: ssh-keygen -t ed25519 -N '' -f headgate-signing.";

/**
 * Reads the file that `ssh-keygen` writes, with an ed25519, RSA or ECDSA key:
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function parseSshKey(text: string): ParsedSshKey {
  const encoded = ARMOR.exec(text.trimStart())?.[1];
  if (encoded === undefined) return refused('is not an OpenSSH private key', CREATE);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return refused('is not an OpenSSH private key', CREATE);
  const container = readWire(bytes.subarray(MAGIC.length));
  const [cipher] = [container.text(), container.text(), container.text()];
  if (cipher !== 'none') {
    const remedy = "Store a copy without one: ssh-keygen -p -N '' -f KEY.";
    return refused('is encrypted with a passphrase', remedy);
  }
  const count = container.uint32();
  const publicKey = Buffer.from(container.string());
  const secret = readWire(container.string());
  const [check, again] = [secret.uint32(), secret.uint32()];
  if (count !== 1 || check !== again || container.isCut()) return refused('is damaged', CREATE);
  return open(publicKey, secret);
}

function open(publicKey: Buffer, secret: ReturnType<typeof readWire>): ParsedSshKey {
  const type = secret.text();
  const read = READERS[type];
  if (read === undefined) {
    const shown = /^[\w@.-]{1,64}$/.test(type) ? type : 'unknown';
    return refused(`has the type ${shown}, which is not supported`, CREATE);
  }
  try {
    const { jwk, algorithm, format, encode } = read(secret);
    // OpenSSL does not compare the halves of a key.
    if (secret.isCut()) return refused('is damaged', CREATE);
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    const signing = { key, dsaEncoding: 'ieee-p1363' } as const;
    const signed = (data: Uint8Array) =>
      Buffer.concat([string(format), string(encode(sign(algorithm, data, signing)))]);
    return { kind: 'key', key: { type, publicKey, sign: signed } };
  } catch {
    // What OpenSSL says of a key is not for the log.
    return refused('is damaged', CREATE);
  }
}

function refused(message: string, remedy: string): ParsedSshKey {
  return { kind: 'refused', message, remedy };
}

interface Opened {
  readonly jwk: JsonWebKey;
  /** Of the digest; null: the algorithm of the key has its own. */
  readonly algorithm: string | null;
  /** The name of the signature's format. */
  readonly format: string;
  readonly encode: (signature: Buffer) => Buffer;
}

type Read = (secret: ReturnType<typeof readWire>) => Opened;

const READERS: Readonly<Record<string, Read>> = {
  'ssh-ed25519': readEd25519,
  'ssh-rsa': readRsa,
  'ecdsa-sha2-nistp256': readEcdsa('P-256', 32, 'sha256'),
  'ecdsa-sha2-nistp384': readEcdsa('P-384', 48, 'sha384'),
  'ecdsa-sha2-nistp521': readEcdsa('P-521', 66, 'sha512'),
};

function readEd25519(secret: ReturnType<typeof readWire>): Opened {
  const [x, seedAndPublic] = [secret.string(), secret.string()];
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(x), d: base64url(seedAndPublic.subarray(0, 32)) };
  return { jwk, algorithm: null, format: 'ssh-ed25519', encode: (signature) => signature };
}

function readRsa(secret: ReturnType<typeof readWire>): Opened {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => unsigned(secret.string()));
  if (!n || !e || !d || !qi || !p || !q) throw new Error('a number is missing');
  const exponent = (prime: Buffer) => base64url(bytesOf(numberOf(d) % (numberOf(prime) - 1n)));
  const numbers = { n: base64url(n), e: base64url(e), d: base64url(d), p: base64url(p), q: base64url(q) };
  const jwk = { kty: 'RSA', ...numbers, qi: base64url(qi), dp: exponent(p), dq: exponent(q) };
  // The format names the digest; ssh-rsa would mean SHA-1.
  return { jwk, algorithm: 'sha512', format: 'rsa-sha2-512', encode: (signature) => signature };
}

function readEcdsa(crv: string, size: number, algorithm: string): Read {
  return (secret) => {
    const curve = secret.text();
    const [point, scalar] = [secret.string(), unsigned(secret.string())];
    const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
    const d = Buffer.concat([Buffer.alloc(Math.max(size - scalar.length, 0)), scalar]);
    const jwk = { kty: 'EC', crv, x: base64url(x), y: base64url(y), d: base64url(d) };
    const encode = (signature: Buffer) =>
      Buffer.concat([mpint(signature.subarray(0, size)), mpint(signature.subarray(size))]);
    return { jwk, algorithm, format: `ecdsa-sha2-${curve}`, encode };
  };
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}
