import { failure } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { fail, type Failed } from '../domain/outcome.ts';

/** No such block at a place, which is named as in "in this store". */
export function blockUnknown(id: ContentId, place: string): Failed {
  const text = `block ${id} is not held ${place}`;
  return fail(failure('block_unknown', `${text}. Upload the blob it belongs to.`));
}

/** A stored block whose bytes went bad: it was removed, so that it can be put again. */
export function blockBroken(id: ContentId, place: string): Failed {
  const text = `block ${id} was damaged ${place} and has been removed`;
  return fail(failure('bytes_mismatch', `${text}. Upload the blob it belongs to again.`));
}

/** The caller gave up. */
export function canceled(what: string): Failed {
  return fail(failure('canceled', `${what} was canceled.`));
}

/** A store without room. */
export function storageFull(detail: string): Failed {
  const text = `there is no room for more blocks (${detail})`;
  return fail(failure('storage_full', `${text}. Free some space and try again.`));
}

/** A store that cannot be read or written. */
export function storageFailed(detail: string): Failed {
  const text = `the block store failed (${detail})`;
  return fail(failure('storage_failed', `${text}. Check its folder's permissions and disk.`));
}
