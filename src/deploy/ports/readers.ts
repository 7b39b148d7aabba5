import type { chartNameOf, readTemplated } from '../../desired/helm/chart.ts';
import type { refuseForeignSchemas } from '../../desired/helm/schema.ts';
import type { readRendered } from '../../desired/kustomize/rendered.ts';
import type { walkKustomization } from '../../desired/kustomize/walk.ts';
import type { renderPlain } from '../../desired/plain/plain.ts';
import type { envelopeOf, verifyFile } from '../../desired/sops/decrypt.ts';
import type { lineOfField } from '../../resource/field-line.ts';

/** Pure functions that parse what was pushed. Their parameters and results are plain data. */
export interface ReaderFunctions {
  readonly chartNameOf: typeof chartNameOf;
  readonly envelopeOf: typeof envelopeOf;
  readonly lineOfField: typeof lineOfField;
  readonly readRendered: typeof readRendered;
  readonly readTemplated: typeof readTemplated;
  readonly refuseForeignSchemas: typeof refuseForeignSchemas;
  readonly renderPlain: typeof renderPlain;
  readonly verifyFile: typeof verifyFile;
  readonly walkKustomization: typeof walkKustomization;
}

/** Calls them, possibly apart from the event loop, which other runs need too. @throws DeployError `render-limit` */
export type Readers = {
  readonly [Name in keyof ReaderFunctions]: (
    parameters: Parameters<ReaderFunctions[Name]>,
    signal: AbortSignal,
  ) => Promise<ReturnType<ReaderFunctions[Name]>>;
};
