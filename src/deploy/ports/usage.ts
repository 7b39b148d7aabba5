/** The traffic of this port so far: one port serves one run. */
export interface Usage {
  readonly requests: number;
  readonly bytes: number;
}
