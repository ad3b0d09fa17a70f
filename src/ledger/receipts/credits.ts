// The body of an entry that credits accepted tasks, many at once, so that the log grows slowly.
// What tasks share is written once: the job, the agent, and the signed report that they came in.
//
//   { kind: "credits", v: 1,
//     jobs:    [[job id, work, model], ...],
//     agents:  [public key, ...],
//     reports: [[agent, sha-256 of the report's signature, [task, ...]], ...] }
//   task:      [job, stage, index, first row, rows, units, checks]
//
// `work` is what the price list knows it by: an operator or a workload; `model` names the model, or
// is empty. Jobs and agents are named by their place in their list; each is named at least once, in
// the order in which they are first named. `checks` has a bit for each kind of check that was passed.
//
// Credits that were taken back, because their agent was found to lie before all was verified, stand
// in a body of the same form and the kind "debits".
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { parseJobId, taskIdOf, type AgentId, type JobId, type TaskId } from '../../domain/ids.ts';
import {
  CREDITS_KEYS_MAX,
  CREDITS_TASKS_MAX,
  ENTRY_BODY_BYTES_MAX,
  STAGE_TASKS_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  agentIdOf,
  decodeCanonical,
  DIGEST_BYTES,
  encodeCanonical,
  equalBytes,
  fieldsOf,
  publicKeyOf,
  type CanonicalValue,
} from '../../integrity/index.ts';

/** An accepted task, as it is credited. */
export type CreditedTask = {
  readonly job: JobId;
  /** What the price list knows the work by: 1 to 60 letters, digits, "-" or "_". */
  readonly work: string;
  /** Of such letters; empty where the work has none. */
  readonly model: string;
  readonly stage: number;
  readonly index: number;
  readonly rows: { readonly start: number; readonly count: number };
  readonly agent: AgentId;
  /** sha-256 of the signature on the report that the result came in; zeros where it is not known. */
  readonly report: Uint8Array;
  /** Units of work that it is worth. */
  readonly units: number;
  /** A bit for each kind of check that was passed. */
  readonly checks: number;
};

/** Whether tasks are credited, or taken back. */
export type CreditsKind = 'credits' | 'debits';

const VERSION = 1;
const STAGES_MAX = 10_000;
const CHECKS_MAX = 2 ** 16;
const NAME_CHARS_MAX = 60;

/** The id of the task that is credited. */
export function creditedTaskId({ job, stage, index }: CreditedTask): TaskId {
  return taskIdOf(job, { stage, index });
}

/**
 * The body that credits as many of the first tasks as fit, and how many those are. Asserts one.
 *
 * Tasks that came in one report lie best one behind the other.
 * Limits: CREDITS_TASKS_MAX tasks of CREDITS_KEYS_MAX keys, ENTRY_BODY_BYTES_MAX bytes.
 */
export function packFirst(
  tasks: Iterable<CreditedTask>,
  kind: CreditsKind,
): { readonly body: Uint8Array; readonly taskCount: number } {
  const packing = new CreditsPacking(kind);
  for (const task of tasks) {
    if (!packing.fits(task)) break;
    packing.add(task);
  }
  assert(packing.taskCount > 0, 'a task to credit');
  return { body: packing.body(), taskCount: packing.taskCount };
}

/** The bodies that credit tasks, in order: each as full as fits. Limits: as of `packFirst`. */
export function packCredits(
  tasks: Iterable<CreditedTask>,
  kind: CreditsKind = 'credits',
): readonly Uint8Array[] {
  const bodies: Uint8Array[] = [];
  let packing = new CreditsPacking(kind);
  for (const task of tasks) {
    if (!packing.fits(task)) {
      bodies.push(packing.body());
      packing = new CreditsPacking(kind);
    }
    packing.add(task);
  }
  return packing.taskCount === 0 ? bodies : [...bodies, packing.body()];
}

/**
 * The tasks that a body credits, in order.
 *
 * The bytes may come from an attacker. What is decoded packs to the same bytes.
 * Errors: "input_malformed".
 */
export function decodeCredits(
  body: Uint8Array,
  kind: CreditsKind = 'credits',
): Outcome<readonly CreditedTask[]> {
  const decoded = decodeCanonical(body);
  if (!decoded.ok) return decoded;
  const tasks = tasksIn(decoded.value, kind);
  if (tasks === null || tasks.length === 0) return malformed('lists and numbers as they must be');
  // One way to write each list of tasks: packing them is the definition.
  const [packed, ...more] = packCredits(tasks, kind);
  const isPacked = packed !== undefined && more.length === 0 && equalBytes(packed, body);
  return isPacked ? succeed(tasks) : malformed('lists in the order in which they are named');
}

type OpenReport = {
  readonly agent: number;
  readonly digest: Uint8Array;
  readonly tasks: (readonly number[])[];
};

/** One body being filled, and a bound of its size: no list's head is counted too small. */
class CreditsPacking {
  readonly #kind: CreditsKind;
  readonly #jobs = new Map<string, { readonly place: number; readonly named: readonly string[] }>();
  readonly #agents = new Map<AgentId, number>();
  readonly #reports: OpenReport[] = [];
  #taskCount = 0;
  #bytes = 48;

  constructor(kind: CreditsKind) {
    this.#kind = kind;
  }

  get taskCount(): number {
    return this.#taskCount;
  }

  fits(task: CreditedTask): boolean {
    const isKnownAgent = this.#agents.has(task.agent);
    if (!isKnownAgent && this.#agents.size >= CREDITS_KEYS_MAX) return false;
    return this.#fitsBytes(this.#bytesOf(task));
  }

  #fitsBytes(bytes: number): boolean {
    return this.#taskCount < CREDITS_TASKS_MAX && this.#bytes + bytes <= ENTRY_BODY_BYTES_MAX;
  }

  add(task: CreditedTask): void {
    const bytes = this.#bytesOf(task);
    assert(task.report.byteLength === DIGEST_BYTES, 'a digest of 32 bytes');
    assert(this.#fitsBytes(bytes), 'one task fits in an empty body');
    this.#bytes += bytes;
    const agent = placeOf(this.#agents, task.agent);
    let report = this.#reports.at(-1);
    if (report === undefined || !this.#continues(report, task)) {
      report = { agent, digest: task.report, tasks: [] };
      this.#reports.push(report);
    }
    report.tasks.push(this.#rowOf(task));
    this.#taskCount += 1;
  }

  body(): Uint8Array {
    const keys = [...this.#agents.keys()].map((agent) => {
      const key = publicKeyOf(agent);
      assert(key.ok, 'an agent is a public key');
      return key.value;
    });
    const body = encodeCanonical({
      kind: this.#kind,
      v: VERSION,
      jobs: [...this.#jobs.values()].map(({ named }) => named),
      agents: keys,
      reports: this.#reports.map(({ agent, digest, tasks }) => [agent, digest, tasks]),
    });
    assert(body.byteLength <= ENTRY_BODY_BYTES_MAX, `credits of ${body.byteLength} bytes`);
    return body;
  }

  #rowOf(task: CreditedTask): readonly number[] {
    const { job, work, model, stage, index, rows, units, checks } = task;
    const key = jobKeyOf(task);
    const known = this.#jobs.get(key) ?? { place: this.#jobs.size, named: [job, work, model] };
    this.#jobs.set(key, known);
    return [known.place, stage, index, rows.start, rows.count, units, checks];
  }

  #continues(report: OpenReport, task: CreditedTask): boolean {
    const isSameAgent = this.#agents.get(task.agent) === report.agent;
    return isSameAgent && equalBytes(report.digest, task.report);
  }

  /** How much larger the body gets at most. */
  #bytesOf(task: CreditedTask): number {
    const { stage, index, rows, units, checks } = task;
    const isKnownJob = this.#jobs.has(jobKeyOf(task));
    const isKnownAgent = this.#agents.has(task.agent);
    const last = this.#reports.at(-1);
    const continues = last !== undefined && this.#continues(last, task);
    const row = [this.#jobs.size, stage, index, rows.start, rows.count, units, checks];
    return (
      row.reduce((sum, number) => sum + integerBytes(number), 1) +
      (isKnownJob ? 0 : 7 + task.job.length + task.work.length + task.model.length) +
      (isKnownAgent ? 0 : 2 + DIGEST_BYTES) +
      (continues ? 0 : 7 + 2 + DIGEST_BYTES)
    );
  }
}

/** Bytes that canonical CBOR takes for a natural number. */
function integerBytes(value: number): number {
  if (value < 24) return 1;
  if (value < 2 ** 8) return 2;
  if (value < 2 ** 16) return 3;
  return value < 2 ** 32 ? 5 : 9;
}

function jobKeyOf({ job, work, model }: CreditedTask): string {
  return `${job}/${work}/${model}`;
}

function placeOf<Key>(places: Map<Key, number>, key: Key): number {
  const place = places.get(key) ?? places.size;
  places.set(key, place);
  return place;
}

function tasksIn(value: CanonicalValue, kind: CreditsKind): CreditedTask[] | null {
  const fields = fieldsOf(value);
  if (fields?.size !== 5 || fields.get('kind') !== kind || fields.get('v') !== VERSION) return null;
  const jobs = listOf(fields.get('jobs'), jobIn);
  const agents = listOf(fields.get('agents'), agentIn);
  const reports = listOf(fields.get('reports'), listIn);
  if (jobs === null || agents === null || reports === null) return null;
  const tasks: CreditedTask[] = [];
  for (const [agentPlace, report, rows, ...rest] of reports) {
    const agent = typeof agentPlace === 'number' ? agents[agentPlace] : undefined;
    const list = listOf(rows, listIn);
    if (agent === undefined || list === null || rest.length > 0) return null;
    if (!(report instanceof Uint8Array) || report.byteLength !== DIGEST_BYTES) return null;
    for (const row of list) {
      const task = taskIn(row, jobs, { agent, report });
      if (task === null || tasks.length === CREDITS_TASKS_MAX) return null;
      tasks.push(task);
    }
  }
  return tasks;
}

function taskIn(
  row: readonly CanonicalValue[],
  jobs: readonly NamedJob[],
  from: Pick<CreditedTask, 'agent' | 'report'>,
): CreditedTask | null {
  const numbers = row.filter((item): item is number => typeof item === 'number' && item >= 0);
  const [place = -1, stage = 0, index = 0, start = 0, count = 0, units = 0, checks = 0] = numbers;
  const job = jobs[place];
  if (row.length !== 7 || numbers.length !== 7 || job === undefined) return null;
  if (stage >= STAGES_MAX || index >= STAGE_TASKS_MAX || checks >= CHECKS_MAX) return null;
  return { ...job, stage, index, rows: { start, count }, units, checks, ...from };
}

function listOf<Item>(
  value: CanonicalValue | undefined,
  itemIn: (value: CanonicalValue) => Item | null,
): readonly Item[] | null {
  if (!Array.isArray(value)) return null;
  // `Array.isArray` alone forgets what a readonly list holds.
  const items = (value as readonly CanonicalValue[]).map(itemIn).filter((item) => item !== null);
  return items.length === value.length ? items : null;
}

function listIn(value: CanonicalValue): readonly CanonicalValue[] | null {
  return Array.isArray(value) ? (value as readonly CanonicalValue[]) : null;
}

type NamedJob = Pick<CreditedTask, 'job' | 'work' | 'model'>;

function jobIn(value: CanonicalValue): NamedJob | null {
  const [id, work, model, ...rest] = listIn(value) ?? [];
  const job = typeof id === 'string' ? parseJobId(id) : null;
  if (job?.ok !== true || !isName(work) || rest.length > 0) return null;
  return model === '' || isName(model) ? { job: job.value, work, model } : null;
}

function isName(value: CanonicalValue | undefined): value is string {
  return typeof value === 'string' && value.length <= NAME_CHARS_MAX && /^[\w-]+$/.test(value);
}

function agentIn(value: CanonicalValue): AgentId | null {
  const agent = value instanceof Uint8Array ? agentIdOf(value) : null;
  return agent?.ok === true ? agent.value : null;
}

function malformed(what: string): Outcome<never> {
  const text = `this body credits no tasks: it lacks ${what}`;
  return fail(failure('input_malformed', `${text}. Get the entry again from the log.`));
}
