import { createDecipheriv } from 'node:crypto';

/** An encrypted value; '' is stored unencrypted. */
const ENCRYPTED = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/;

export interface Plain {
  readonly type: string;
  readonly text: string;
}

/**
 * Decrypts a value; null when it is not encrypted, or was encrypted with another key or at another path. `aad`: the
 * additional authenticated data, which in sops is the path: `data:password:`.
 */
export function openValue(written: string, { key, aad }: { key: Uint8Array; aad: string }): Plain | null {
  if (written === '') return { type: 'str', text: '' };
  const [, data = '', iv = '', tag = '', type = ''] = ENCRYPTED.exec(written) ?? [];
  if (type === '') return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(aad));
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    const text = Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString();
    return { type, text };
  } catch {
    // Node's error has no more detail, and is dropped on purpose.
    return null;
  }
}

export function additionalData(path: readonly string[]): string {
  return `${path.join(':')}:`;
}
