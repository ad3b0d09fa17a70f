import type { LieName } from '../../../src/agent/lies/lie.ts';
import { isHonest, type Person } from './people.ts';
import type { Subject } from './trust-jobs.ts';

/** What became of the wrong results of one kind of lie about one subject. Counts. */
export type Fate = {
  told: number;
  rejected: number;
  /** Dropped unjudged, as their key was caught for another. */
  dropped: number;
  /** Accepted though wrong. */
  escaped: number;
  /** Of these, computed anew before their stage was sealed. */
  revoked: number;
  /** Of these, in an output. */
  sealed: number;
};

/** A key that was caught. */
export type Caught = {
  readonly lie: LieName;
  /** Results that it reported from its first wrong one on. */
  readonly results: number;
  /** Wrong ones among them. */
  readonly wrong: number;
  readonly virtualMs: number;
};

/** One result as it was told. */
export type Told = {
  readonly person: Person;
  readonly key: KeyTally;
  readonly subject: Subject;
  readonly isWrong: boolean;
};

/** What one key did. */
export type KeyTally = {
  readonly person: Person;
  results: number;
  wrong: number;
  firstWrong: { readonly results: number; readonly atMs: number } | null;
};

/** What happened in a trust world: told by the world, who knows the truth, and read by tables. */
export class Tally {
  readonly fates = new Map<string, Fate>();
  readonly caught: Caught[] = [];
  /** Quarantines of keys that told nothing wrong, with the reason. */
  readonly honestQuarantined: string[] = [];
  /** Results that were rejected though no number in them is wrong, with who told them. */
  readonly rejectedThoughRight: string[] = [];
  /** Keys that told wrong results and were not caught until the end. */
  readonly atLarge = new Set<KeyTally>();
  results = 0;
  /** Wrong numbers in outputs by subject, and the results in which they are. */
  readonly wrongNumbers = new Map<Subject, number>();
  readonly sealedResults = new Map<Subject, number>();
  readonly sealedWrong = new Map<Subject, number>();
  /** What checking cost, in tasks' worth of computing, by subject. */
  readonly checkingTasks = new Map<Subject, number>();

  told({ key, person, subject, isWrong }: Told, atMs: number): void {
    this.results++;
    key.results++;
    if (!isWrong) return;
    key.wrong++;
    key.firstWrong ??= { results: key.results - 1, atMs };
    this.atLarge.add(key);
    this.fate(person, subject).told++;
  }

  rejected({ person, subject, isWrong }: Told, reason: string): void {
    if (isWrong) this.fate(person, subject).rejected++;
    else this.rejectedThoughRight.push(`${person.lie ?? 'honest'} of ${subject}: ${reason}`);
  }

  becameOf({ person, subject, isWrong }: Told, what: 'dropped' | 'escaped' | 'revoked'): void {
    if (isWrong) this.fate(person, subject)[what]++;
  }

  quarantined(key: KeyTally, of: { readonly atMs: number; readonly reason: string }): void {
    const { person, firstWrong } = key;
    this.atLarge.delete(key);
    if (firstWrong === null || person.lie === null) {
      if (isHonest(person)) this.honestQuarantined.push(`${person.name}: ${of.reason}`);
      return;
    }
    this.caught.push({
      lie: person.lie,
      results: key.results - firstWrong.results,
      wrong: key.wrong,
      virtualMs: of.atMs - firstWrong.atMs,
    });
  }

  sealed({ person, subject, isWrong }: Told, wrongNumbers: number): void {
    add(this.sealedResults, subject, 1);
    if (wrongNumbers === 0) return;
    add(this.wrongNumbers, subject, wrongNumbers);
    add(this.sealedWrong, subject, 1);
    if (isWrong) this.fate(person, subject).sealed++;
  }

  /** Of one kind of lie about one subject. */
  fate({ lie }: Pick<Person, 'lie'>, subject: Subject): Fate {
    const key = `${lie ?? 'honest'}/${subject}`;
    const known = this.fates.get(key);
    if (known !== undefined) return known;
    const fate = { told: 0, rejected: 0, dropped: 0, escaped: 0, revoked: 0, sealed: 0 };
    this.fates.set(key, fate);
    return fate;
  }
}

/** Adds to a count by name. */
export function add<Key>(counts: Map<Key, number>, key: Key, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

/** The sum of some counts. */
export function totalOf(counts: ReadonlyMap<unknown, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
