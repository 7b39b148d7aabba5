import type { Problem } from '../error/deploy-error.ts';
import { invalidManifest, joined, NOTHING, problem, readDocument } from './document.ts';
import type { ReadFile } from './document.ts';
import type { Quotes, Variables } from './substitution.ts';
import { readYaml } from './yaml.ts';

export interface FileLimits {
  readonly bytes: number;
  readonly documents: number;
}

const DEFAULT_LIMITS: FileLimits = { bytes: 16 * 1024 * 1024, documents: 10_000 };

const LFS = 'version https://git-lfs.github.com/spec/';

/** Reads one file as `kubectl apply -f` does; a List is replaced by its items. */
export function readManifests(
  file: { readonly path: string; readonly bytes: Uint8Array },
  { limits = DEFAULT_LIMITS, ...reading }: { limits?: FileLimits; variables?: Variables | null; quotes?: Quotes } = {},
): ReadFile {
  const text = readText(file, limits);
  if (typeof text !== 'string') return problem(text);
  const documents = readYaml(text, reading);
  if (documents.length > limits.documents) {
    return problem({
      code: 'manifest-too-large',
      subject: file.path,
      message: `has ${documents.length} documents, more than the limit of ${limits.documents}`,
      remedy: 'Split the file.',
    });
  }
  const read = documents.map((result): ReadFile => {
    switch (result.kind) {
      case 'empty':
        return NOTHING;
      case 'error':
        return problem(invalidManifest({ path: file.path, line: result.line }, result.message));
      case 'document':
        return readDocument(result.document, file.path);
      default:
        return result satisfies never;
    }
  });
  return joined(read);
}

function readText({ path, bytes }: { path: string; bytes: Uint8Array }, limits: FileLimits): string | Problem {
  if (bytes.length > limits.bytes) {
    return {
      code: 'manifest-too-large',
      subject: path,
      message: `has ${bytes.length} bytes, more than the limit of ${limits.bytes}`,
      remedy: 'Split the file.',
    };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith(LFS)) return text;
    return {
      code: 'lfs-pointer',
      subject: path,
      message: 'is a Git LFS pointer, not the file itself',
      remedy: 'Remove manifests from LFS (git lfs untrack), or exclude the path in headgate.yml.',
    };
  } catch {
    return {
      code: 'file-unreadable',
      subject: path,
      message: 'is not valid UTF-8',
      remedy: 'Save it as UTF-8, or exclude the path in headgate.yml.',
    };
  }
}
