/** What the page shows: plain data, made from what the commands read. */
export interface FleetView {
  /** RFC 3339: when it was read. */
  readonly readAt: string;
  readonly rows: readonly FleetRow[];
  /** What could not be read, besides targets: a template, a directory that may not become a target. */
  readonly problems: readonly ProblemView[];
  /** How many image policies headgate.yml has. */
  readonly images: number;
  readonly promotions: number;
}

export interface FleetRow {
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  readonly path: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly condition: TargetCondition;
  /** One line on the condition: why it is held, what failed, what it waits for; empty: nothing to add. */
  readonly note: string;
  readonly isHeld: boolean;
  readonly drifted: number;
  readonly revision: string | null;
  readonly subject: string | null;
  readonly author: string | null;
  /** RFC 3339. */
  readonly deployedAt: string | null;
}

/** One word for a target, the most urgent one first. */
export const CONDITIONS = [
  'unreadable',
  'failed',
  'not ready',
  'drifted',
  'retrying',
  'held',
  'waiting',
  'progressing',
  'suspended',
  'never deployed',
  'ready',
] as const;

export type TargetCondition = (typeof CONDITIONS)[number];

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'calm';

export function toneOf(condition: TargetCondition): Tone {
  switch (condition) {
    case 'unreadable':
    case 'failed':
    case 'not ready':
      return 'bad';
    case 'drifted':
    case 'retrying':
    case 'held':
      return 'warn';
    case 'waiting':
    case 'progressing':
      return 'busy';
    case 'suspended':
    case 'never deployed':
      return 'calm';
    case 'ready':
      return 'good';
    default:
      return condition satisfies never;
  }
}

export interface ProblemView {
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
}

export interface TargetView {
  readonly row: FleetRow;
  readonly verdict: string | null;
  readonly attempted: string | null;
  readonly hold: { readonly text: string; readonly until: string | null; readonly at: string | null } | null;
  readonly drift: { readonly objects: number; readonly since: string } | null;
  /** `waits for Deployment shop/db`; null: it waits for nothing. */
  readonly waits: string | null;
  /** Its plan waits for a person. */
  readonly awaitsApproval: boolean;
  readonly history: readonly HistoryRow[];
  readonly objects: ObjectsView;
  readonly problems: readonly ProblemView[];
  readonly activity: Activity | null;
}

export interface HistoryRow {
  readonly revision: string;
  readonly verdict: string;
  readonly subject: string | null;
  readonly author: string | null;
  readonly changes: string;
  readonly durationMs: number;
  readonly by: string;
  readonly approvedBy?: string | undefined;
  readonly at: string;
}

export interface ObjectsView {
  readonly nodes: readonly ObjectNode[];
  /** Of the target and of its objects, the newest first. */
  readonly events: readonly EventRow[];
  /** Why something is missing. */
  readonly notes: readonly string[];
}

/** An Event of the cluster. */
export interface EventRow {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** `Pod web-7d9c5b8f6d-x2x7q` */
  readonly object: string;
  readonly message: string;
  readonly count: number;
  /** RFC 3339: the last time; null: the event does not say. */
  readonly at: string | null;
}

/** An image on a branch that its versions are written to. */
export interface ImageRow {
  readonly image: string;
  /** Which tag is wanted. */
  readonly policy: string;
  readonly repository: string;
  readonly branch: string;
  /** The versions at the tip. */
  readonly current: readonly string[];
  /** The version that the policy wants; null: there is none. */
  readonly newest: string | null;
  /** Why that is not at the tip; null: it is. */
  readonly reason: string | null;
  readonly problem: ProblemView | null;
  /** When the registry is read next. */
  readonly polls: string;
}

export interface ImagesView {
  /** RFC 3339. */
  readonly readAt: string;
  readonly rows: readonly ImageRow[];
}

export interface PromotionsView {
  /** RFC 3339. */
  readonly readAt: string;
  readonly pipelines: readonly PipelineView[];
}

/** A promotion of headgate.yml. */
export interface PipelineView {
  readonly name: string;
  /** From left to right; stages of one column get nothing from each other. */
  readonly columns: readonly (readonly StageView[])[];
}

export interface StageView {
  readonly name: string;
  readonly condition: { readonly tone: Tone; readonly text: string };
  /** Why it is not ready, or who holds it; null: nothing to add. */
  readonly note: string | null;
  readonly versions: readonly { readonly key: string; readonly version: string }[];
  readonly revision: string | null;
  /** RFC 3339: when it became ready, or was deployed. */
  readonly since: string | null;
  /** How it gets its versions; null: by pushes. */
  readonly incoming: StepView | null;
  readonly activity: Activity | null;
  readonly problem: ProblemView | null;
}

export interface StepView {
  readonly from: readonly string[];
  /** Of several: whether all of them have to agree. */
  readonly agree: 'all' | 'any';
  readonly outcome: 'current' | 'waits' | 'moves' | 'unreadable';
  readonly reasons: readonly string[];
  readonly edits: readonly EditView[];
  readonly leftOut: readonly { readonly key: string; readonly reason: string }[];
  readonly problem: ProblemView | null;
}

/** One place of a file that a promotion changes. */
export interface EditView {
  /** `clusters/prod/web.yaml:7` */
  readonly place: string;
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** A promotion that a person may confirm. */
export interface PromoteView {
  readonly promotion: string;
  readonly from: string;
  readonly to: string;
  /** Null: there is nothing that could be promoted, and `problem` says why. */
  readonly plan: {
    readonly revision: string;
    readonly edits: readonly EditView[];
    readonly leftOut: StepView['leftOut'];
    /** What automation would wait for. */
    readonly passedOver: readonly string[];
    /** It sets a hold of the stage. */
    readonly isHold: boolean;
    /** Whose hold it ends; null: there is none. */
    readonly held: string | null;
    /** The form sends it, so that nothing else is written. */
    readonly digest: string;
  } | null;
  readonly problem: ProblemView | null;
}

/** An object of the inventory, or one that its controllers made from it. */
export interface ObjectNode {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Null: it is ready as soon as it is written. */
  readonly health: { readonly kind: 'ready' | 'progressing' | 'failed' | 'unknown'; readonly reason: string } | null;
  /** Null: made by a controller. */
  readonly source: string | null;
  readonly mayHaveDrifted: boolean;
  readonly children: readonly ObjectNode[];
}

export interface PlanView {
  readonly from: string | null;
  readonly to: string | null;
  readonly summary: string;
  readonly changes: readonly ChangeView[];
  readonly refusals: readonly ProblemView[];
  readonly warnings: readonly ProblemView[];
  /** `waits for Deployment shop/db`; null: it waits for nothing. */
  readonly waits: string | null;
  /** What the plan is approved by; null: it is refused, or no key is configured. */
  readonly hash: string | null;
}

export interface ChangeView {
  readonly op: string;
  readonly object: string;
  readonly source: string;
  readonly reason: string | null;
  readonly fields: readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[];
}

/** What was requested on this page, and how it ended. */
export interface Activity {
  readonly action: ActionName | 'promote';
  readonly startedAt: string;
  readonly state: 'running' | 'done' | 'failed';
  /** What the command printed. */
  readonly text: string;
}

/** The actions of a target. */
export const ACTIONS = ['deploy', 'approve', 'hold', 'release', 'rollback'] as const;
export type ActionName = (typeof ACTIONS)[number];

/** What every page needs. */
export interface PageContext {
  /** Makes the forms of this session valid; null: the page only reads. */
  readonly formToken: string | null;
  readonly nowMs: number;
}
