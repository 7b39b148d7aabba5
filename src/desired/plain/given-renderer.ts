/** A renderer that this package does not have. */
export interface GivenRenderer {
  /** Recorded in the state. */
  readonly name: string;
  /** Recorded too: another version may render the same files differently, so a new one renders every target again. */
  readonly version: string;
  /** A folder with a file of one of these names is rendered by it, unless it is a kustomization or a chart. */
  readonly files: readonly string[];
  /**
   * Returns YAML or JSON documents. The same input has to lead to the same output: it is called twice, and what differs is
   * refused. What it throws is reported on the commit, and fixed by a push.
   */
  readonly render: (input: RenderInput, signal: AbortSignal) => Promise<string>;
}

export interface RenderInput {
  /** The path of the target, from the root of the repository; '' is the root. */
  readonly directory: string;
  /** Every file below the path of the target and below its `inputs`, by path from the root of the repository. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly target: string;
  /** Where objects without a namespace go. */
  readonly namespace: string;
}
