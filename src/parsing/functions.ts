import type { ReaderFunctions, Readers } from '../deploy/ports/tools.ts';

type Loaders = { readonly [Name in keyof ReaderFunctions]: () => Promise<ReaderFunctions[Name]> };

/** Each is loaded when it is first called: a function of AWS must not load what its push does not need. */
const LOADERS: Loaders = {
  chartNameOf: async () => (await import('../desired/helm/chart.ts')).chartNameOf,
  envelopeOf: async () => (await import('../desired/sops/decrypt.ts')).envelopeOf,
  findReferences: async () => (await import('../images/edit/find-references.ts')).findReferences,
  lineOfField: async () => (await import('../resource/field-line.ts')).lineOfField,
  namedImages: async () => (await import('../images/edit/named-images.ts')).namedImages,
  readDependencies: async () => (await import('../desired/helm/dependencies.ts')).readDependencies,
  readRendered: async () => (await import('../desired/kustomize/rendered.ts')).readRendered,
  readTemplated: async () => (await import('../desired/helm/chart.ts')).readTemplated,
  refuseForeignSchemas: async () => (await import('../desired/helm/schema.ts')).refuseForeignSchemas,
  renderPlain: async () => (await import('../desired/plain/plain.ts')).renderPlain,
  scalarAt: async () => (await import('../images/edit/scalar-at.ts')).scalarAt,
  valuesInConfigMap: async () => (await import('../desired/helm/values.ts')).valuesInConfigMap,
  verifyFile: async () => (await import('../desired/sops/decrypt.ts')).verifyFile,
  walkKustomization: async () => (await import('../desired/kustomize/walk.ts')).walkKustomization,
};

export type ReaderName = keyof ReaderFunctions;

/** One way of calling all of them. */
export type CallReader = <Name extends ReaderName>(
  name: Name,
  parameters: Parameters<ReaderFunctions[Name]>,
  signal: AbortSignal,
) => Promise<ReturnType<ReaderFunctions[Name]>>;

export const callReader: CallReader = async (name, parameters) =>
  Reflect.apply(await LOADERS[name](), undefined, parameters);

export function readersBy(call: CallReader): Readers {
  return {
    chartNameOf: (parameters, signal) => call('chartNameOf', parameters, signal),
    envelopeOf: (parameters, signal) => call('envelopeOf', parameters, signal),
    findReferences: (parameters, signal) => call('findReferences', parameters, signal),
    lineOfField: (parameters, signal) => call('lineOfField', parameters, signal),
    namedImages: (parameters, signal) => call('namedImages', parameters, signal),
    readDependencies: (parameters, signal) => call('readDependencies', parameters, signal),
    readRendered: (parameters, signal) => call('readRendered', parameters, signal),
    readTemplated: (parameters, signal) => call('readTemplated', parameters, signal),
    refuseForeignSchemas: (parameters, signal) => call('refuseForeignSchemas', parameters, signal),
    renderPlain: (parameters, signal) => call('renderPlain', parameters, signal),
    scalarAt: (parameters, signal) => call('scalarAt', parameters, signal),
    valuesInConfigMap: (parameters, signal) => call('valuesInConfigMap', parameters, signal),
    verifyFile: (parameters, signal) => call('verifyFile', parameters, signal),
    walkKustomization: (parameters, signal) => call('walkKustomization', parameters, signal),
  };
}

/** In the event loop. On Lambda, an invocation has no other work than the few messages of its batch. */
export const READ_AT_ONCE: Readers = readersBy(callReader);
