import type { HistoryRecord } from './history.ts';

/** What a history looks like: lanes with spans of time, and moments worth a word. */
export type Timeline = {
  readonly lanes: readonly Lane[];
  /** In the order of time; at most MOMENTS_MAX, the last are left out beyond. */
  readonly moments: readonly Moment[];
  readonly momentsLeftOut: number;
  /** When faults were over, and the end. Virtual milliseconds. */
  readonly faultsMs: number;
  readonly endMs: number;
};

export type Lane = {
  readonly kind: 'orchestrator' | 'honest' | 'liar' | 'flooder' | 'fault';
  readonly name: string;
  readonly spans: readonly Span[];
  /** Crashes, and faults of a moment. Virtual milliseconds. */
  readonly marksMs: readonly number[];
};

/**
 * up: an orchestrator's process, or a tab that is open. accepted: a lease whose result counted;
 * refused: one whose agent was put into quarantine; lost: any other, as far as it is known.
 */
export type SpanKind = 'up' | 'accepted' | 'refused' | 'lost' | 'fault';
export type Span = { readonly kind: SpanKind; readonly fromMs: number; readonly toMs: number };

/** A record that a person would want to read of. */
export type Moment = Extract<HistoryRecord, { readonly kind: MomentKind }> & {
  /** The lane's name; '' for what belongs to none. */
  readonly lane: string;
};
type MomentKind =
  | 'orchestrator-began'
  | 'orchestrator-crashed'
  | 'bug'
  | 'job-acknowledged'
  | 'job-ended'
  | 'quarantined'
  | 'agent-gone'
  | 'fault'
  | 'faults-over'
  | 'jobs-over';

/** Moments that one timeline keeps. Count. */
const MOMENTS_MAX = 2_000;
const ORCHESTRATOR = 'orchestrator';

type OpenLane = {
  readonly kind: Lane['kind'];
  readonly name: string;
  readonly spans: Span[];
  readonly marksMs: number[];
  upSinceMs: number | null;
};

type OpenLease = {
  readonly agent: string;
  readonly job: string;
  /** Stage and rows of its job. */
  readonly rows: string;
  readonly sinceMs: number;
};

/** Draws a timeline while the history goes on; `end` closes what is open. */
export function drawTimeline(): {
  see(record: HistoryRecord): void;
  end(endMs: number): Timeline;
} {
  const lanes = new Map<string, OpenLane>();
  const nameOf = new Map<string, string>();
  const leases = new Map<string, OpenLease>();
  const faultsSince = new Map<string, number[]>();
  const moments: Moment[] = [];
  let momentsLeftOut = 0;
  let faultsMs = 0;

  const laneOf = (name: string, kind: Lane['kind']): OpenLane => {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const made: OpenLane = { kind, name, spans: [], marksMs: [], upSinceMs: null };
    lanes.set(name, made);
    return made;
  };

  const closeLeases = (
    kind: SpanKind,
    of: { readonly atMs: number; readonly isMeant: (lease: OpenLease) => boolean },
  ): void => {
    for (const [lease, open] of leases) {
      if (!of.isMeant(open)) continue;
      leases.delete(lease);
      const lane = lanes.get(nameOf.get(open.agent) ?? '');
      lane?.spans.push({ kind, fromMs: open.sinceMs, toMs: of.atMs });
    }
  };

  const closeUp = (lane: OpenLane | undefined, atMs: number): void => {
    if (lane === undefined || lane.upSinceMs === null) return;
    lane.spans.push({ kind: 'up', fromMs: lane.upSinceMs, toMs: atMs });
    lane.upSinceMs = null;
  };

  const seeFault = (record: Extract<HistoryRecord, { kind: 'fault' }>): void => {
    const lane = laneOf(record.fault, 'fault');
    const since = faultsSince.get(record.fault) ?? [];
    faultsSince.set(record.fault, since);
    if (record.phase === 'moment') lane.marksMs.push(record.atMs);
    if (record.phase === 'begin') since.push(record.atMs);
    const fromMs = record.phase === 'end' ? since.shift() : undefined;
    if (fromMs !== undefined) lane.spans.push({ kind: 'fault', fromMs, toMs: record.atMs });
  };

  const seeLanes = (record: HistoryRecord): void => {
    const { atMs } = record;
    switch (record.kind) {
      case 'orchestrator-began':
        laneOf(ORCHESTRATOR, ORCHESTRATOR).upSinceMs = atMs;
        return;
      case 'orchestrator-crashed': {
        const lane = laneOf(ORCHESTRATOR, ORCHESTRATOR);
        closeUp(lane, atMs);
        lane.marksMs.push(atMs);
        return;
      }
      case 'agent-began':
        nameOf.set(record.agent, record.name);
        laneOf(record.name, record.role).upSinceMs = atMs;
        return;
      case 'agent-gone':
        return closeUp(lanes.get(nameOf.get(record.agent) ?? ''), atMs);
      case 'granted':
        return void leases.set(record.lease, {
          agent: record.agent,
          job: record.job,
          rows: rowsOf(record),
          sinceMs: atMs,
        });
      case 'task-accepted': {
        const isMeant = ({ agent, job, rows }: OpenLease): boolean => {
          if (job !== record.job || rows !== rowsOf(record)) return false;
          return record.agents.some((one) => one === agent);
        };
        return closeLeases('accepted', { atMs, isMeant });
      }
      case 'quarantined':
        return closeLeases('refused', { atMs, isMeant: ({ agent }) => agent === record.agent });
      case 'session-ended':
        return closeLeases('lost', { atMs, isMeant: ({ agent }) => agent === record.agent });
      case 'job-ended':
        return closeLeases('lost', { atMs, isMeant: ({ job }) => job === record.job });
      case 'fault':
        return seeFault(record);
      case 'faults-over':
        faultsMs = atMs;
    }
  };

  const laneOfMoment = (record: HistoryRecord): string => {
    switch (record.kind) {
      case 'orchestrator-began':
      case 'orchestrator-crashed':
      case 'bug':
        return ORCHESTRATOR;
      case 'quarantined':
      case 'agent-gone':
        return nameOf.get(record.agent) ?? '';
      case 'fault':
        return record.fault;
      default:
        return '';
    }
  };

  const note = (record: HistoryRecord): void => {
    if (!isMoment(record)) return;
    if (moments.length < MOMENTS_MAX) moments.push({ ...record, lane: laneOfMoment(record) });
    else momentsLeftOut += 1;
  };

  return {
    see(record) {
      seeLanes(record);
      note(record);
    },
    end(endMs) {
      closeLeases('lost', { atMs: endMs, isMeant: () => true });
      for (const lane of lanes.values()) closeUp(lane, endMs);
      const ordered = [...lanes.values()].toSorted((a, b) => order(a) - order(b));
      const closed = ordered.map(({ kind, name, spans, marksMs }) => ({
        kind,
        name,
        spans,
        marksMs,
      }));
      return { lanes: closed, moments, momentsLeftOut, faultsMs, endMs };
    },
  };
}

function rowsOf(of: {
  readonly stage: number;
  readonly start: number;
  readonly end: number;
}): string {
  return `${of.stage}/${of.start}-${of.end}`;
}

/** The orchestrator, then agents by their number, then what went wrong. */
function order({ kind, name }: OpenLane): number {
  if (kind === 'orchestrator') return -1;
  const number = Number(name.replace(/\D+/g, '') || 1_000);
  return kind === 'fault' ? 1_000_000 : number;
}

function isMoment(record: HistoryRecord): record is Extract<HistoryRecord, { kind: MomentKind }> {
  switch (record.kind) {
    case 'orchestrator-began':
    case 'orchestrator-crashed':
    case 'bug':
    case 'job-acknowledged':
    case 'job-ended':
    case 'quarantined':
    case 'agent-gone':
    case 'fault':
    case 'faults-over':
    case 'jobs-over':
      return true;
    default:
      return false;
  }
}
