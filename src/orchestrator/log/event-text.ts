// Events as they lie in the log: JSON, since they hold no bytes, and native, so that the event loop
// can encode them. What there is of each task, results and verdicts, is written in columns: of 64
// bytes a task and 0.15 us that leaves less than half.
import type {
  Judgement,
  LeaseNumber,
  ReportedResult,
  SchedulerEvent,
  TaskNumber,
} from '../../scheduler/index.ts';

type EventOf<Kind extends SchedulerEvent['kind']> = SchedulerEvent & { readonly kind: Kind };

/** 'results-reported': what is no output stands in `others`, by its place. */
type Results = Omit<EventOf<'results-reported'>, 'kind' | 'results'> & {
  readonly kind: 'results';
  readonly leases: readonly LeaseNumber[];
  readonly computeMs: readonly number[];
  readonly others: readonly (readonly [number, ReportedResult['result']])[];
};

/** 'judged': the one result of a task accepted, or else, in `others`, what was found. */
type Verdicts = Omit<EventOf<'judged'>, 'kind' | 'judgements'> & {
  readonly kind: 'verdicts';
  readonly tasks: readonly TaskNumber[];
  readonly leases: readonly (LeaseNumber | 0)[];
  readonly others: readonly (readonly [number, Judgement])[];
  /** In which ways results were verified, and which of them each was; absent: nothing was told. */
  readonly ways?: readonly Way[];
  /** By the place of its task; absent: all in the first. */
  readonly wayOf?: readonly number[];
};

type Way = Pick<Judgement, 'sampled' | 'checks'>;

/** An event as text. Everything in it is finite numbers, text, lists and records. */
export function eventToText(event: SchedulerEvent): string {
  switch (event.kind) {
    case 'results-reported':
      return JSON.stringify(inColumns(event));
    case 'judged':
      return JSON.stringify(verdictsInColumns(event));
    default:
      return JSON.stringify(event);
  }
}

/** The event that `eventToText` made this text from. Throws a SyntaxError for any other. */
export function eventFromText(text: string): SchedulerEvent {
  // Only this program writes the log, and the store's checks found it whole.
  const read = JSON.parse(text) as SchedulerEvent | Results | Verdicts;
  if (read.kind === 'results') return reportedIn(read);
  return read.kind === 'verdicts' ? judgedIn(read) : read;
}

function inColumns({ results, ...event }: EventOf<'results-reported'>): Results {
  const others: (readonly [number, ReportedResult['result']])[] = [];
  for (const [index, { result }] of results.entries()) {
    if (result.kind !== 'output') others.push([index, result]);
  }
  const leases = results.map(({ lease }) => lease);
  return {
    ...event,
    ...{ kind: 'results', leases, others },
    computeMs: results.map(({ computeMs }) => computeMs),
  };
}

function reportedIn({ leases, computeMs, others, ...event }: Results): SchedulerEvent {
  const results = leases.map((lease, index): ReportedResult => {
    return { lease, result: { kind: 'output' }, computeMs: computeMs[index] ?? 0 };
  });
  for (const [index, result] of others) {
    const reported = results[index];
    if (reported !== undefined) results[index] = { ...reported, result };
  }
  return { ...event, kind: 'results-reported', results };
}

function verdictsInColumns({ judgements, ...event }: EventOf<'judged'>): Verdicts {
  const others: (readonly [number, Judgement])[] = [];
  const leases = judgements.map((judgement, index) => {
    const lease = onlyAccepted(judgement);
    if (lease === 0) others.push([index, judgement]);
    return lease;
  });
  const tasks = judgements.map(({ task }) => task);
  return { ...event, kind: 'verdicts', tasks, leases, others, ...waysOf(judgements) };
}

/** Most often all were verified in one way. */
function waysOf(judgements: readonly Judgement[]): Pick<Verdicts, 'ways' | 'wayOf'> {
  const ways: Way[] = [];
  const places = new Map<number, number>();
  const wayOf = judgements.map(({ sampled, checks }) => {
    const key = 2 * (checks ?? -1) + (sampled === true ? 1 : 0);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, ways.length);
    return ways.push({ ...(checks !== undefined && { checks }), ...(sampled && { sampled }) }) - 1;
  });
  if (ways.length > 1) return { ways, wayOf };
  return ways.some((way) => Object.keys(way).length > 0) ? { ways } : {};
}

/** The one result that was checked, and accepted; 0 where it is not as plain as that. */
function onlyAccepted({ verdicts, accepted }: Judgement): LeaseNumber | 0 {
  const [only] = verdicts;
  const isPlain = verdicts.length === 1 && only?.verdict.kind === 'accepted';
  return isPlain && only.lease === accepted ? accepted : 0;
}

function judgedIn({
  tasks,
  leases,
  others,
  ways = [],
  wayOf = [],
  ...event
}: Verdicts): SchedulerEvent {
  const judgements = tasks.map((task, index): Judgement => {
    // Those that are no lease are replaced below.
    const lease = leases[index] as LeaseNumber;
    const verdicts = [{ lease, verdict: { kind: 'accepted' } as const }];
    return { task, verdicts, accepted: lease, ...ways[wayOf[index] ?? 0] };
  });
  for (const [index, judgement] of others) judgements[index] = judgement;
  return { ...event, kind: 'judged', judgements };
}
