import { Decrypter, armor } from 'age-encryption';

/** The private keys in a file written by `age-keygen`, with or without comments. */
export function readIdentities(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(line));
}

/** Decrypts the data key with any of the identities; null when none matches. */
export async function openByAge(wrapped: readonly string[], identities: readonly string[]): Promise<Uint8Array | null> {
  for (const armored of wrapped) {
    const opened = await tryOpen(armored, identities);
    if (opened !== null) return opened;
  }
  return null;
}

async function tryOpen(armored: string, identities: readonly string[]): Promise<Uint8Array | null> {
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
    return await decrypter.decrypt(armor.decode(armored), 'uint8array');
  } catch {
    // For another recipient, or corrupt: the next one may match. The library's error is dropped on purpose.
    return null;
  }
}
