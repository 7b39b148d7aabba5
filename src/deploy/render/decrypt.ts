import type { Explanation, Problem } from '../../error/deploy-error.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import { formatPosition, isObject, textOf } from '../../resource/resource.ts';
import type { Json, Manifest } from '../../resource/resource.ts';
import type { OpenedFile } from '../../desired/sops/decrypt.ts';
import type { World } from '../ports/world.ts';
import type { RenderFile } from '../ports/tools.ts';

/** Every encrypted value, and the MAC of every encrypted file, begins with this prefix. */
const ENCRYPTED_PREFIX = 'ENC[AES256_GCM,';

export function isEncryptedFile({ bytes }: Pick<RenderFile, 'bytes'>): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(ENCRYPTED_PREFIX);
}

/**
 * Decrypts the values of encrypted manifests, only in memory. `files` are the files in Git that were rendered: a MAC can
 * be verified on these, but not on a renderer's output.
 */
export async function decrypt(
  desired: Desired,
  files: readonly RenderFile[],
  { target, dataKeys, readers }: Pick<World, 'target' | 'dataKeys' | 'readers'>,
  signal: AbortSignal,
): Promise<Desired> {
  const encrypted = files.filter((file) => isEncryptedFile(file));
  if (encrypted.length === 0) return desired;
  const { decryption } = target;
  if (decryption === null) {
    // Ciphertext is never sent to the cluster, not even as a dry run.
    const manifests = desired.manifests.filter((manifest) => !isEncrypted(manifest));
    return refuse({ ...desired, manifests }, desired.manifests.filter(isEncrypted).map(noKey));
  }
  const opened = await openFiles(encrypted, { dataKeys, readers }, signal);
  const { openObject } = await import('../../desired/sops/decrypt.ts');
  const read = desired.manifests.map((manifest): Manifest | Problem => {
    if (!isEncrypted(manifest)) return manifest;
    const sops = manifest.object['sops'];
    const file = isObject(sops) ? opened.byMac.get(textOf(sops['mac'])) : undefined;
    if (file === undefined) return cannot(formatPosition(manifest.source), UNVERIFIED);
    const object = openObject(manifest.object, file);
    if (isExplanation(object)) return cannot(formatPosition(manifest.source), object);
    const decrypted = { ...manifest, object, isHidden: true };
    return isEncrypted(decrypted) ? cannot(formatPosition(manifest.source), STILL_ENCRYPTED) : decrypted;
  });
  const manifests = read.filter((each): each is Manifest => 'object' in each);
  // When a file cannot be decrypted, its own problem is enough: its objects would repeat it.
  const own = read.filter((each): each is Problem => !('object' in each));
  return refuse({ ...desired, manifests }, opened.problems.length > 0 ? opened.problems : own);
}

interface Opened {
  readonly byMac: ReadonlyMap<string, OpenedFile>;
  readonly problems: readonly Problem[];
}

async function openFiles(
  files: readonly RenderFile[],
  { dataKeys, readers }: Pick<World, 'dataKeys' | 'readers'>,
  signal: AbortSignal,
): Promise<Opened> {
  const byMac = new Map<string, OpenedFile>();
  const problems: Problem[] = [];
  for (const { path, bytes } of files) {
    const text = Buffer.from(bytes).toString();
    const envelope = await readers.envelopeOf([text], signal);
    if (envelope === null) continue;
    if ('message' in envelope) {
      problems.push(cannot(path, envelope));
      continue;
    }
    const key = await dataKeys.open(envelope.key, signal);
    const error = key === null ? NO_MATCHING_KEY : await readers.verifyFile([text, { envelope, key }], signal);
    if (error !== null || key === null) problems.push(cannot(path, error ?? NO_MATCHING_KEY));
    else byMac.set(envelope.mac, { envelope, key });
  }
  return { byMac, problems };
}

/** Also true for an encrypted value without a sops block: ciphertext must never reach a cluster. */
function isEncrypted({ object }: Manifest): boolean {
  return 'sops' in object || holdsEncryptedValue(object);
}

function holdsEncryptedValue(value: Json): boolean {
  if (typeof value === 'string') return value.startsWith(ENCRYPTED_PREFIX);
  if (Array.isArray(value)) return value.some((item: Json) => holdsEncryptedValue(item));
  return isObject(value) && Object.values(value).some((child) => holdsEncryptedValue(child));
}

function refuse(desired: Desired, problems: readonly Problem[]): Desired {
  return problems.length === 0 ? desired : { ...desired, problems: [...desired.problems, ...problems] };
}

function isExplanation(value: object): value is Explanation {
  return 'message' in value && 'remedy' in value && !('kind' in value);
}

function noKey({ kind, name, source }: Manifest): Problem {
  return {
    code: 'decryption-missing',
    subject: formatPosition(source),
    message: `${kind} ${name} is encrypted, but the target has no decryption settings`,
    remedy: 'Add decryption: { age: env:AGE_KEY } to the target in headgate.yml, or kms: true.',
  };
}

function cannot(subject: string, { message, remedy }: Explanation): Problem {
  return { code: 'decryption-failed', subject, message, remedy };
}

const NO_MATCHING_KEY: Explanation = {
  message: 'cannot be decrypted with any key of the target',
  remedy:
    'Encrypt it for the key of the target too (sops updatekeys), or fix decryption of the target in headgate.yml.',
};
const UNVERIFIED: Explanation = {
  message: 'is encrypted, but its MAC is in none of the files that were read',
  remedy: 'Keep the sops block unchanged, and put each encrypted object in its own document: Lists are not supported.',
};
const STILL_ENCRYPTED: Explanation = {
  message: 'still contains an encrypted value after decryption',
  remedy: 'Put every encrypted object in its own document, with only its own values.',
};
