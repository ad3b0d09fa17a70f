import { failure, type Failure } from '../../domain/failure.ts';
import { fail, succeed } from '../../domain/outcome.ts';
import type { ArchiveItem } from './archive-piece.ts';
import type { ArchiveTarget, ItemState } from './archive-target.ts';

/** A real archive behind a bad line: what comes through is as it is told to be. */
export class UnreliableTarget implements ArchiveTarget {
  readonly #target: ArchiveTarget;
  readonly name = 'unreliable';
  readonly place = 'unreliable';
  /** What every call comes to; null: it reaches the archive. */
  broken: Failure | null = null;
  /** Whether an answer is lost after the archive took an item. */
  losesAnswers = false;
  /** What it claims to have of an item; null: what is true. */
  claims: ItemState | null = null;
  isLying = false;
  /** Whether it says that it refuses what it took. */
  refusesAfterwards = false;
  /** Which items it refuses for good. */
  refuses: (item: ArchiveItem) => boolean = () => false;
  /** Ids, in the order in which items came through. */
  readonly posted: string[] = [];
  readonly calls: string[] = [];

  constructor(target: ArchiveTarget) {
    this.#target = target;
  }

  post: ArchiveTarget['post'] = async (item, signal) => {
    this.calls.push('post');
    if (this.broken !== null) return fail(this.broken);
    if (this.refuses(item)) return fail(failure('input_invalid', 'not this one'));
    this.posted.push(item.id);
    const posted = await this.#target.post(item, signal);
    if (this.refusesAfterwards) return fail(failure('input_invalid', 'not that one'));
    return this.losesAnswers ? fail(failure('unavailable', 'the answer was lost')) : posted;
  };

  stateOf: ArchiveTarget['stateOf'] = async (id, signal) => {
    this.calls.push('stateOf');
    if (this.broken !== null) return fail(this.broken);
    return this.claims === null ? this.#target.stateOf(id, signal) : succeed(this.claims);
  };

  read: ArchiveTarget['read'] = async (id, signal) => {
    this.calls.push('read');
    if (this.broken !== null) return fail(this.broken);
    const read = await this.#target.read(id, signal);
    if (!this.isLying || !read.ok || read.value === null) return read;
    const bytes = read.value.slice();
    bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return succeed(bytes);
  };

  list: ArchiveTarget['list'] = async (logKey, signal) =>
    this.broken === null ? this.#target.list(logKey, signal) : fail(this.broken);
}
