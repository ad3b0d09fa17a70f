import { decodeCanonical, fieldsOf, type CanonicalValue } from '../../integrity/index.ts';

export type ProposalState = 'open' | 'rejected' | 'accepted' | 'enacted';

/** A proposal as governance keeps it. Words and link come from whoever proposed it. */
export type ProposalView = {
  readonly number: number;
  readonly function: string;
  readonly code: string;
  readonly words: string;
  /** An https address; null for none. */
  readonly discussion: string | null;
  readonly by: string;
  readonly closesAtMs: number;
  readonly enactsAtMs: number | null;
  readonly yes: number;
  readonly no: number;
  readonly state: ProposalState;
};

/** What can be done about a proposal at an instant. */
export type ProposalStep = 'vote' | 'close' | 'wait' | 'enact' | 'none';

export type VoteView = { readonly key: string; readonly yes: boolean; readonly weight: number };

const STATES: readonly ProposalState[] = ['open', 'rejected', 'accepted', 'enacted'];
const KEY = /^proposal\/(\d{1,16})$/;

/** The proposal in a row of state; null where the row holds none. */
export function proposalFrom(row: {
  readonly key: string;
  readonly value: Uint8Array;
}): ProposalView | null {
  const [, digits] = KEY.exec(row.key) ?? [];
  const fields = fieldsIn(row.value);
  if (digits === undefined || fields === null) return null;
  const text = (name: string): string | null => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : null;
  };
  const number = (name: string): number | null => {
    const value = fields.get(name);
    return typeof value === 'number' ? value : null;
  };
  const state = STATES.find((one) => one === text('state'));
  const [id, code, words, by] = [text('function'), text('code'), text('words'), text('by')];
  const [closesAtMs, yes, no] = [number('closesAtMs'), number('yes'), number('no')];
  if (id === null || code === null || words === null || by === null) return null;
  if (closesAtMs === null || yes === null || no === null || state === undefined) return null;
  const discussion = linkIn(text('discussion'));
  const enactsAtMs = number('enactsAtMs');
  const about = { number: Number(digits), function: id, code, words, discussion, by };
  return { ...about, closesAtMs, enactsAtMs, yes, no, state };
}

/** The vote in a row of state; null where the row holds none. */
export function voteFrom(row: {
  readonly key: string;
  readonly value: Uint8Array;
}): VoteView | null {
  const decoded = decodeCanonical(row.value);
  const key = row.key.split('/')[2];
  if (!decoded.ok || key === undefined || !Array.isArray(decoded.value)) return null;
  const [yes, weight] = decoded.value as readonly CanonicalValue[];
  return typeof yes === 'boolean' && typeof weight === 'number' ? { key, yes, weight } : null;
}

/** What anybody can do about it now. */
export function stepOf(proposal: ProposalView, nowMs: number): ProposalStep {
  if (proposal.state === 'open') return nowMs < proposal.closesAtMs ? 'vote' : 'close';
  if (proposal.state !== 'accepted') return 'none';
  return nowMs < (proposal.enactsAtMs ?? Infinity) ? 'wait' : 'enact';
}

/** Only what leads to a page by https: the rest is shown to nobody as a link. */
function linkIn(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' ? url.href : null;
}

function fieldsIn(bytes: Uint8Array): ReadonlyMap<string, CanonicalValue> | null {
  const decoded = decodeCanonical(bytes);
  return decoded.ok ? fieldsOf(decoded.value) : null;
}
