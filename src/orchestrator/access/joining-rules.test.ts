import { describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import { succeed } from '../../domain/outcome.ts';
import { encodeBase64url, findWork } from '../../integrity/index.ts';
import { createScheduler } from '../../scheduler/index.ts';
import { valueOf } from '../volunteer.contract.ts';
import { addressRangeOf } from './address-range.ts';
import { makeChallenges } from './challenge.ts';
import { joiningRules } from './joining-rules.ts';

const BY = { range: addressRangeOf('203.0.113.7'), nowMs: 1_000 };
/** Few enough for a test; a solution of one challenge is one of another in 65,536 cases. */
const BITS = 16;

type Key = { readonly agent: AgentId; readonly publicKey: Uint8Array };
function keyOf(seed: number): Key {
  const publicKey = new Uint8Array(32).fill(seed);
  return { publicKey, agent: encodeBase64url(publicKey) as AgentId };
}
const [key, stranger, trusted, member] = [keyOf(3), keyOf(4), keyOf(5), keyOf(6)];
const NONE = new Uint8Array();

/** Rules whose demand is set by the test. */
function rulesAt(first: number) {
  let bits = first;
  let joins = 0;
  const rules = joiningRules({
    state: createScheduler(1),
    challenges: makeChallenges(),
    demand: { bits: () => bits, joined: () => void joins++ },
    isTrusted: (agent) => agent === trusted.agent,
    acceptedElsewhere: async (agent) => succeed(agent === member.agent ? 1 : 0),
  });
  return { rules, demand: (next: number) => (bits = next), joins: () => joins };
}

function solve({ publicKey }: Key, challenge: Uint8Array, bits = BITS): Uint8Array {
  const search = findWork({ challenge, publicKey }, { bits, tries: 1_000_000 });
  const step = search.next();
  return step.value ?? NONE;
}

/** A nonce that is worth at least one bit, and less than it should be. */
function tooCheap(of: Key, challenge: Uint8Array): Uint8Array {
  const cheap = solve(of, challenge, 1);
  const dear = solve(of, challenge);
  expect(cheap).not.toEqual(dear);
  return cheap;
}

const REQUIRED = { ok: false, failure: { code: 'work_required', retryAfterMs: 1_000 } };
const INVALID = { ok: false, failure: { code: 'challenge_invalid' } };

describe('joiningRules, while few keys come', () => {
  it('asks nobody for work, not even those that name no key', async () => {
    const { rules } = rulesAt(0);
    for (const by of [key, null]) {
      const { challenge, workBits } = valueOf(await rules.challenge(by, BY));
      expect(workBits).toBe(0);
      const claim = { ...key, challenge, work: NONE };
      expect(await rules.check(claim, BY)).toMatchObject({ ok: true });
    }
  });
});

describe('joiningRules, under load', () => {
  it('asks an unknown key for work, and takes what was done for this challenge by this key', async () => {
    const { rules } = rulesAt(BITS);
    const { challenge, workBits } = valueOf(await rules.challenge(key, BY));
    expect(workBits).toBe(BITS);
    const check = (work: Uint8Array) => rules.check({ ...key, challenge, work }, BY);
    expect(await check(solve(key, challenge))).toMatchObject({ ok: true });
    expect(await check(NONE)).toMatchObject(REQUIRED);
    expect(await check(new Uint8Array(8).fill(0xee))).toMatchObject(REQUIRED);
    expect(await check(tooCheap(key, challenge))).toMatchObject(REQUIRED);
    // Somebody else's solution, of its own challenge.
    const others = valueOf(await rules.challenge(stranger, BY));
    expect(await check(solve(stranger, others.challenge))).toMatchObject(REQUIRED);
  });

  it('takes nobody else with a solved challenge', async () => {
    const { rules } = rulesAt(BITS);
    const { challenge } = valueOf(await rules.challenge(key, BY));
    const work = solve(key, challenge);
    expect(await rules.check({ ...stranger, challenge, work }, BY)).toMatchObject(INVALID);
  });

  it('takes no solution of a former challenge', async () => {
    const { rules } = rulesAt(BITS);
    const former = valueOf(await rules.challenge(key, BY)).challenge;
    const { challenge } = valueOf(await rules.challenge(key, BY));
    const work = solve(key, former);
    expect(await rules.check({ ...key, challenge, work }, BY)).toMatchObject(REQUIRED);
    expect(
      await rules.check({ ...key, challenge: former, work }, { ...BY, nowMs: 100_000 }),
    ).toMatchObject(INVALID);
  });

  it('takes no challenge of which a client lowered the work', async () => {
    const { rules } = rulesAt(BITS);
    const { challenge } = valueOf(await rules.challenge(key, BY));
    const at = challenge.indexOf(BITS, 24);
    expect(at).toBe(24);
    const lowered = challenge.with(at, 1);
    const work = solve(key, lowered, 1);
    const claim = { ...key, challenge: lowered, work };
    expect(await rules.check(claim, BY)).toMatchObject(INVALID);
  });

  it('takes no challenge without work: of an old agent, or kept from quieter days', async () => {
    const { rules, demand } = rulesAt(0);
    const kept = valueOf(await rules.challenge(key, BY)).challenge;
    const anybodys = valueOf(await rules.challenge(null, BY)).challenge;
    demand(BITS);
    const later = valueOf(await rules.challenge(null, BY)).challenge;
    for (const challenge of [kept, anybodys, later]) {
      const claim = { ...key, challenge, work: NONE };
      expect(await rules.check(claim, BY)).toMatchObject(REQUIRED);
    }
  });

  it('takes work that was asked for before more of it was', async () => {
    const { rules, demand } = rulesAt(BITS);
    const { challenge } = valueOf(await rules.challenge(key, BY));
    demand(BITS * 2);
    const claim = { ...key, challenge, work: solve(key, challenge) };
    expect(await rules.check(claim, BY)).toMatchObject({ ok: true });
  });

  it.each([
    ['registered', trusted],
    ['known to another member', member],
  ])('asks a key that is %s for none', async (_, known) => {
    const { rules } = rulesAt(BITS);
    const { challenge, workBits } = valueOf(await rules.challenge(known, BY));
    expect(workBits).toBe(0);
    const claim = { ...known, challenge, work: NONE };
    expect(await rules.check(claim, BY)).toMatchObject({ ok: true });
  });

  it('asks nobody for work for whom no limits hold', async () => {
    const { rules } = rulesAt(BITS);
    const here = { ...BY, range: null };
    const { challenge, workBits } = valueOf(await rules.challenge(key, here));
    expect(workBits).toBe(0);
    expect(await rules.check({ ...key, challenge, work: NONE }, here)).toMatchObject({ ok: true });
    expect(await rules.check({ ...key, challenge, work: NONE }, BY)).toMatchObject(REQUIRED);
  });

  it('counts unknown keys that join', () => {
    const { rules, joins } = rulesAt(0);
    rules.joined(trusted.agent, BY);
    rules.joined(key.agent, { ...BY, range: null });
    expect(joins()).toBe(0);
    rules.joined(key.agent, BY);
    expect(joins()).toBe(1);
  });
});
