import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { ALL_FAULTS, FAULT_KINDS, type FaultKind, type FaultSelection } from './fault-kind.ts';

/**
 * A selection as `--faults` takes it: `all`, `none`, or names with commas between; `crash:2` has
 * the first two crashes alone.
 *
 * Errors: "config_invalid", naming what is known.
 */
export function parseFaults(text: string): Outcome<FaultSelection> {
  if (text === 'all') return succeed(ALL_FAULTS);
  const selection = new Map<FaultKind, number>();
  if (text === 'none') return succeed(selection);
  for (const part of text.split(',')) {
    const [name = '', count = 'Infinity', ...rest] = part.trim().split(':');
    const kind = FAULT_KINDS.find((known) => known === name);
    const most = Number(count);
    const isCount = most === Infinity || (Number.isSafeInteger(most) && most >= 1);
    if (kind === undefined || !isCount || rest.length > 0) {
      const known = `all, none, or some of: ${FAULT_KINDS.join(', ')}`;
      return fail(failure('config_invalid', `"${part}" is no fault. Choose ${known}.`));
    }
    selection.set(kind, most);
  }
  return succeed(selection);
}

/** What `parseFaults` reads. */
export function faultsText(selection: FaultSelection): string {
  if (selection.size === 0) return 'none';
  const isAll = FAULT_KINDS.every((kind) => selection.get(kind) === Infinity);
  if (isAll) return 'all';
  const parts = FAULT_KINDS.flatMap((kind) => {
    const most = selection.get(kind);
    if (most === undefined) return [];
    return most === Infinity ? kind : `${kind}:${most}`;
  });
  return parts.join(',');
}
