import { Decrypter, armor } from 'age-encryption';

/** The private keys in a text as `age-keygen` writes it, comments and all. */
export function readIdentities(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(line));
}

/** The data key, opened by whichever identity fits; null: none does. */
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
    // Another recipient's, or broken: the next one may fit. The library's words are told to nobody.
    return null;
  }
}
