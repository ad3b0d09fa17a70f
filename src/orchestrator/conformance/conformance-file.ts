// The table's file: one JSON line a kind of device, after a line that names what the votes' signs
// stand for. It is read once, at the start, and written as a whole beside the old one, line by line,
// so that the event loop is held up by no more than one kind of device at a time.
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AgentId } from '../../domain/ids.ts';
import { KERNEL_BUILD } from '../../kernels/index.ts';
import {
  TESTS,
  UNTOLD,
  type ConformanceBook,
  type DeviceRecord,
  type Judged,
} from './conformance-book.ts';

const VERSION = 1;

type Head = {
  readonly version: number;
  readonly tests: readonly string[];
  /** That the times are of; absent in files from before there were crowd tests. */
  readonly kernelBuild?: string;
};

type Line = {
  readonly software: string;
  readonly adapter: string;
  readonly lastSeenAtMs: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly details: readonly (readonly [place: number, detail: string])[];
  readonly votes: readonly (readonly [AgentId, string])[];
  readonly credited: readonly (readonly [AgentId, Judged])[];
  /** Absent in files from before there were crowd tests. */
  readonly times?: readonly (readonly [
    AgentId,
    readonly (readonly [place: number, us: number])[],
  ])[];
};

/** Writes the table in the place of the former one. Throws what the file system does. */
export async function writeConformance(path: string, book: ConformanceBook): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    const tests = TESTS.map(({ backend, primitive }) => `${backend} ${primitive}`);
    const head: Head = { version: VERSION, tests, kernelBuild: KERNEL_BUILD };
    await file.write(`${JSON.stringify(head)}\n`);
    for (const { device, credited } of book.records()) {
      const { details, votes, times, ...rest } = device;
      const timed = [...times].map(([agent, byPlace]) => [agent, [...byPlace]] as const);
      const kept = { details: [...details], votes: [...votes], times: timed };
      const line: Line = { ...rest, ...kept, credited };
      await file.write(`${JSON.stringify(line)}\n`);
    }
    await file.sync();
  } catch (cause) {
    await file.close();
    await rm(unfinished, { force: true });
    throw cause;
  }
  await file.close();
  await rename(unfinished, path);
}

/**
 * Reads the table into a book; nothing where there is no file yet.
 *
 * Throws what the file system does, and a SyntaxError for a file that is damaged.
 */
export async function readConformance(path: string, book: ConformanceBook): Promise<void> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (isAbsent(cause)) return '';
    throw cause;
  });
  const [head = '', ...lines] = text.split('\n').filter((line) => line !== '');
  if (head === '') return;
  // Only `writeConformance` writes it, and puts it there as a whole.
  const { version, tests, kernelBuild } = JSON.parse(head) as Head;
  if (version !== VERSION) throw new SyntaxError(`it is of version ${version}`);
  const places = tests.map((name) =>
    TESTS.findIndex(({ backend, primitive }) => `${backend} ${primitive}` === name),
  );
  for (const each of lines) {
    const line = JSON.parse(each) as Line;
    // What other kernels took says nothing of these.
    const times = kernelBuild === KERNEL_BUILD ? (line.times ?? []) : [];
    book.restore(deviceOf({ ...line, times }, places), line.credited);
  }
}

/** A later build may have more tests, or name them in another order. */
function deviceOf(line: Line, places: readonly number[]): DeviceRecord {
  const { software, adapter, lastSeenAtMs, accepted, rejected } = line;
  const details = new Map<number, string>();
  for (const [before, detail] of line.details) {
    const place = places[before] ?? -1;
    if (place >= 0) details.set(place, detail);
  }
  const votes = new Map(line.votes.map(([agent, vote]) => [agent, moved(vote, places)] as const));
  const times = new Map(
    (line.times ?? []).map(([agent, told]) => [agent, movedTimes(told, places)] as const),
  );
  return { software, adapter, lastSeenAtMs, accepted, rejected, details, votes, times };
}

function moved(vote: string, places: readonly number[]): string {
  const signs = Array.from(TESTS, () => UNTOLD);
  for (const [before, place] of places.entries()) {
    if (place >= 0) signs[place] = vote[before] ?? UNTOLD;
  }
  return signs.join('');
}

function movedTimes(
  told: readonly (readonly [place: number, us: number])[],
  places: readonly number[],
): ReadonlyMap<number, number> {
  return new Map(
    told.flatMap(([before, us]) => {
      const place = places[before] ?? -1;
      return place < 0 ? [] : [[place, us] as const];
    }),
  );
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
