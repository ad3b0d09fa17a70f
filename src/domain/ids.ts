import { fail, succeed, type Outcome } from './outcome.ts';
import { failure } from './failure.ts';

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Names a job: `job_` and 26 characters of Crockford base32, made by the orchestrator. */
export type JobId = Brand<string, 'JobId'>;
/** Names a task for ever: `<job id>/<stage>/<index>`. */
export type TaskId = Brand<string, 'TaskId'>;
/** Names one lease of one task to one agent: `lease_` and 26 characters of base32. */
export type LeaseId = Brand<string, 'LeaseId'>;
/** Names a joined agent's session: a bearer secret, `session_` and 43 characters of base64url. */
export type SessionId = Brand<string, 'SessionId'>;
/** An agent's identity: its raw Ed25519 public key (32 bytes) as 43 characters of base64url. */
export type AgentId = Brand<string, 'AgentId'>;
/** What a content id points to. */
export type BlockKind = 'leaf' | 'manifest' | 'blob';
/**
 * CIDv1, sha-256, lower-case base32 (`b…`).
 *
 * 'leaf': raw codec, at most LEAF_BYTES. 'manifest': dag-cbor codec, lists a blob's leaves.
 * 'blob': either of them; a blob of at most LEAF_BYTES is its own single leaf.
 */
export type ContentId<Kind extends BlockKind = BlockKind> = Brand<string, `ContentId`> & {
  readonly contentKind?: Kind;
};
/** Names an evidence bundle by its bytes: a CIDv1 of dag-cbor too, but of no block. */
export type EvidenceId = Brand<string, 'EvidenceId'>;

/** Names an entry of a log: sha-256 of its signature, as 43 characters of base64url. */
export type EntryId = Brand<string, 'EntryId'>;

const PATTERNS = {
  job: /^job_[0-9a-hjkmnp-tv-z]{26}$/,
  task: /^job_[0-9a-hjkmnp-tv-z]{26}\/\d{1,4}\/\d{1,9}$/,
  lease: /^lease_[0-9a-hjkmnp-tv-z]{26}$/,
  session: /^session_[A-Za-z0-9_-]{43}$/,
  agent: /^[A-Za-z0-9_-]{43}$/,
  // bafkrei…: raw + sha-256; bafyrei…: dag-cbor + sha-256. Both are 59 characters long.
  content: /^baf(kr|yr)ei[a-z2-7]{52}$/,
  evidence: /^bafyrei[a-z2-7]{52}$/,
  entry: /^[A-Za-z0-9_-]{43}$/,
} as const;

export function parseJobId(text: string): Outcome<JobId> {
  return parse<JobId>(text, 'job');
}
export function parseTaskId(text: string): Outcome<TaskId> {
  return parse<TaskId>(text, 'task');
}
export function parseLeaseId(text: string): Outcome<LeaseId> {
  return parse<LeaseId>(text, 'lease');
}
export function parseSessionId(text: string): Outcome<SessionId> {
  return parse<SessionId>(text, 'session');
}
export function parseAgentId(text: string): Outcome<AgentId> {
  return parse<AgentId>(text, 'agent');
}
export function parseContentId<Kind extends BlockKind = 'blob'>(
  text: string,
): Outcome<ContentId<Kind>> {
  return parse<ContentId<Kind>>(text, 'content');
}

export function parseEvidenceId(text: string): Outcome<EvidenceId> {
  return parse<EvidenceId>(text, 'evidence');
}

export function parseEntryId(text: string): Outcome<EntryId> {
  return parse<EntryId>(text, 'entry');
}

/** The id of the `index`-th task of a stage. */
export function taskIdOf(job: JobId, at: { stage: number; index: number }): TaskId {
  // Built from parts that were checked, in the shape that `parseTaskId` accepts.
  return `${job}/${at.stage}/${at.index}` as TaskId;
}

/** The job that a task is of. */
export function jobOfTask(task: TaskId): JobId {
  // A task id begins with the id of its job, up to the first slash.
  return task.slice(0, task.indexOf('/')) as JobId;
}

function parse<Id extends string>(text: string, kind: keyof typeof PATTERNS): Outcome<Id> {
  if (!PATTERNS[kind].test(text)) {
    return fail(failure('input_malformed', `not a ${kind} id: "${text.slice(0, 80)}"`));
  }
  // The pattern above is the definition of the brand.
  return succeed(text as Id);
}
