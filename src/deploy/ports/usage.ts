/** What was asked of the other side since this port was made: one port serves one run. */
export interface Usage {
  readonly requests: number;
  readonly bytes: number;
}
