import { createHash } from 'node:crypto';
import type { SshKey } from './ssh-key.ts';
import { string, uint32 } from './ssh-wire.ts';

const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;
const DIGEST = 'sha512';
const LINE = 70;

/**
 * The signature as `ssh-keygen -Y sign` writes it. The namespace keeps a signature for one purpose from being valid for
 * another: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
 */
export function sshSignature(key: SshKey, namespace: string, data: Uint8Array): string {
  const about = [string(namespace), string(''), string(DIGEST)];
  const signed = Buffer.concat([MAGIC, ...about, string(createHash(DIGEST).update(data).digest())]);
  const parts = [MAGIC, uint32(VERSION), string(key.publicKey), ...about, string(key.sign(signed))];
  const encoded = Buffer.concat(parts).toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}
