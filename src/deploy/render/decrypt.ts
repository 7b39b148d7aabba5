import type { Problem } from '../../error/deploy-error.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import { formatPosition, isObject, textOf } from '../../resource/resource.ts';
import type { Json, Manifest } from '../../resource/resource.ts';
import type { Fault, OpenedFile } from '../../desired/sops/decrypt.ts';
import type { World } from '../ports/world.ts';
import type { RenderFile } from '../ports/tools.ts';
import type { DataKeys } from '../ports/data-keys.ts';

/** Every encrypted value, and the MAC of every encrypted file, begins like this. */
const MARK = 'ENC[AES256_GCM,';

export function isEncryptedFile({ bytes }: Pick<RenderFile, 'bytes'>): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(MARK);
}

/**
 * Puts the values of encrypted manifests in the clear, in memory alone. `files`: what was rendered, as it stands in Git:
 * of what a renderer printed nobody could say whether it was changed.
 */
export async function decrypt(
  desired: Desired,
  files: readonly RenderFile[],
  { target, dataKeys }: Pick<World, 'target' | 'dataKeys'>,
  signal: AbortSignal,
): Promise<Desired> {
  const encrypted = files.filter((file) => isEncryptedFile(file));
  if (encrypted.length === 0) return desired;
  const { decryption } = target;
  if (decryption === null) {
    // The cluster is not asked about ciphertext.
    const manifests = desired.manifests.filter((manifest) => !isEncrypted(manifest));
    return refuse({ ...desired, manifests }, desired.manifests.filter(isEncrypted).map(noKey));
  }
  const opened = await openFiles(encrypted, dataKeys, signal);
  const { openObject } = await import('../../desired/sops/decrypt.ts');
  const read = desired.manifests.map((manifest): Manifest | Problem => {
    if (!isEncrypted(manifest)) return manifest;
    const sops = manifest.object['sops'];
    const file = isObject(sops) ? opened.byMac.get(textOf(sops['mac'])) : undefined;
    if (file === undefined) return cannot(formatPosition(manifest.source), UNVERIFIED);
    const object = openObject(manifest.object, file);
    if (isFault(object)) return cannot(formatPosition(manifest.source), object);
    const shown = { ...manifest, object, isHidden: true };
    return isEncrypted(shown) ? cannot(formatPosition(manifest.source), LEFT) : shown;
  });
  const manifests = read.filter((each): each is Manifest => 'object' in each);
  // A file that cannot be opened says why; its objects need not say it again.
  const own = read.filter((each): each is Problem => !('object' in each));
  return refuse({ ...desired, manifests }, opened.problems.length > 0 ? opened.problems : own);
}

interface Opened {
  readonly byMac: ReadonlyMap<string, OpenedFile>;
  readonly problems: readonly Problem[];
}

async function openFiles(files: readonly RenderFile[], dataKeys: DataKeys, signal: AbortSignal): Promise<Opened> {
  const { envelopeOf, verifyFile } = await import('../../desired/sops/decrypt.ts');
  const byMac = new Map<string, OpenedFile>();
  const problems: Problem[] = [];
  for (const { path, bytes } of files) {
    const text = Buffer.from(bytes).toString();
    const envelope = envelopeOf(text);
    if (envelope === null) continue;
    if ('message' in envelope) {
      problems.push(cannot(path, envelope));
      continue;
    }
    const key = await dataKeys.open(envelope.key, signal);
    const fault = key === null ? NO_KEY_FITS : verifyFile(text, { envelope, key });
    if (fault !== null || key === null) problems.push(cannot(path, fault ?? NO_KEY_FITS));
    else byMac.set(envelope.mac, { envelope, key });
  }
  return { byMac, problems };
}

/** With its sops block, or with a value that lost it: ciphertext is nothing for a cluster. */
function isEncrypted({ object }: Manifest): boolean {
  return 'sops' in object || holdsMark(object);
}

function holdsMark(value: Json): boolean {
  if (typeof value === 'string') return value.startsWith(MARK);
  if (Array.isArray(value)) return value.some((item: Json) => holdsMark(item));
  return isObject(value) && Object.values(value).some((child) => holdsMark(child));
}

function refuse(desired: Desired, problems: readonly Problem[]): Desired {
  return problems.length === 0 ? desired : { ...desired, problems: [...desired.problems, ...problems] };
}

function isFault(value: object): value is Fault {
  return 'message' in value && 'remedy' in value && !('kind' in value);
}

function noKey({ kind, name, source }: Manifest): Problem {
  return {
    code: 'decryption-missing',
    subject: formatPosition(source),
    message: `${kind} ${name} is encrypted, and the target has no decryption`,
    remedy: 'Add decryption: { age: env:AGE_KEY } to the target in headgate.yml, or kms: true.',
  };
}

function cannot(subject: string, { message, remedy }: Fault): Problem {
  return { code: 'decryption-failed', subject, message, remedy };
}

const NO_KEY_FITS: Fault = {
  message: 'none of the keys of the target opens it',
  remedy: 'Encrypt it for the key of the target too (sops updatekeys), or mend decryption in headgate.yml.',
};
const UNVERIFIED: Fault = {
  message: 'it is encrypted, and no file that was read carries its MAC',
  remedy: 'Let the sops block of an encrypted file as it is, one object a document: Lists are not read.',
};
const LEFT: Fault = {
  message: 'an encrypted value is left in it',
  remedy: 'Give every encrypted object its own document, with its own values alone.',
};
