import type { AgentSnapshot } from '../agent/native/index.ts';
import type { Standing } from '../domain/standing.ts';
import { grouped } from './progress.ts';

/** What became of a lying agent's key so far, as its orchestrator told it. */
export type LieCourse = {
  readonly results: number;
  readonly accepted: number;
  /** Null: not yet. */
  readonly caught: Caught | null;
};

export type Caught = {
  /** Results reported, and accepted, by then. Counts. */
  readonly results: number;
  readonly accepted: number;
  /** From when its first report was answered. */
  readonly afterMs: number;
};

/** Follows a liar through its snapshots; `course` is how it stands. */
export function followLies(): {
  readonly note: (snapshot: LiarSnapshot, atMs: number) => void;
  readonly course: () => LieCourse;
} {
  let before: Standing | null = null;
  let firstAtMs: number | null = null;
  let course: LieCourse = { results: 0, accepted: 0, caught: null };
  return {
    course: () => course,
    note({ counters, standing }, atMs) {
      if (standing === null) return;
      // What the key did in former lives is not of this one.
      before ??= standing;
      const results = counters.tasksReported;
      if (results > 0) firstAtMs ??= atMs;
      const accepted = standing.accepted - before.accepted;
      const isCaught = standing.rejected > before.rejected;
      const caught = isCaught ? { results, accepted, afterMs: atMs - (firstAtMs ?? atMs) } : null;
      course = { results, accepted, caught: course.caught ?? caught };
    },
  };
}

type LiarSnapshot = {
  readonly counters: Pick<AgentSnapshot['counters'], 'tasksReported'>;
  readonly standing: Standing | null;
};

/** What is told of a liar at its end. */
export function lieEndWords(course: LieCourse, lies: number): string {
  const told = `Told ${counted(lies, 'lie')} in ${counted(course.results, 'result')}.`;
  const { caught } = course;
  if (caught === null) return `${told} Not caught: ${grouped(course.accepted)} accepted.`;
  const seconds = (caught.afterMs / 1000).toFixed(1);
  const when = `Caught after ${counted(caught.results, 'result')}, in ${seconds} s`;
  return `${told} ${when}; ${grouped(caught.accepted)} accepted before.`;
}

function counted(count: number, word: string): string {
  return `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;
}
