import { createDecipheriv } from 'node:crypto';

/** What stands in a file instead of a value; '' is encrypted as itself. */
const FORM = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/;

export interface Plain {
  readonly type: string;
  readonly text: string;
}

/** The value, or null: it is none, another key or another place than it was encrypted for. `place`: as sops writes it, `data:password:`. */
export function openValue(written: string, { key, place }: { key: Uint8Array; place: string }): Plain | null {
  if (written === '') return { type: 'str', text: '' };
  const [, data = '', iv = '', tag = '', type = ''] = FORM.exec(written) ?? [];
  if (type === '') return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    const text = Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString();
    return { type, text };
  } catch {
    // Node's own words say no more, and are told to nobody.
    return null;
  }
}

export function placeOf(path: readonly string[]): string {
  return `${path.join(':')}:`;
}
