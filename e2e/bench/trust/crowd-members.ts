import { makeLiar, type Liar } from '../../../src/agent/lies/liar.ts';
import type { AgentId, SessionId } from '../../../src/domain/ids.ts';
import { PRIMITIVES } from '../../../src/domain/operator.ts';
import type { GrantedLease, SchedulerEventBody } from '../../../src/scheduler/index.ts';
import type { Person } from './people.ts';
import type { KeyTally } from './tally.ts';

/** Somebody with the key that they use now. */
export type Member = {
  readonly person: Person;
  key: KeyTally;
  agent: AgentId;
  session: SessionId;
  liar: Liar | null;
  held: readonly GrantedLease[];
  isBarred: boolean;
};

/** Those present in a world: each with one key at a time, and a new one after it was caught. */
export class CrowdMembers {
  readonly #members = new Map<AgentId, Member>();
  readonly #seed: number;
  readonly #send: (event: SchedulerEventBody) => void;
  #keyCount = 0;

  constructor(of: { readonly seed: number; readonly send: (event: SchedulerEventBody) => void }) {
    this.#seed = of.seed;
    this.#send = of.send;
  }

  join(person: Person): Member {
    const member = { person, held: [], isBarred: false, ...this.#newKey(person) };
    this.#enter(member);
    return member;
  }

  /** As somebody whom nobody knows. */
  comeBack(member: Member): void {
    this.#send({ kind: 'agent-left', session: member.session });
    this.#members.delete(member.agent);
    Object.assign(member, { held: [], isBarred: false }, this.#newKey(member.person));
    this.#enter(member);
  }

  by(agent: AgentId): Member {
    const member = this.#members.get(agent);
    if (member === undefined) throw new Error(`nobody has the key ${agent}`);
    return member;
  }

  /** Those whose key is none of these, in the order of joining. */
  but(keys: readonly KeyTally[]): readonly Member[] {
    return [...this.#members.values()].filter(({ key }) => !keys.includes(key));
  }

  #enter(member: Member): void {
    const { agent, session } = member;
    this.#members.set(agent, member);
    this.#send({ kind: 'agent-joined', agent, session, capability: CAPABILITY });
  }

  #newKey(person: Person): Pick<Member, 'key' | 'agent' | 'session' | 'liar'> {
    const number = this.#keyCount++;
    const { lie: kind, rate, honestFirst: after, secret } = person;
    // Of the shape that their brands stand for.
    const agent = `agent_${number}`.padEnd(43, '_') as AgentId;
    return {
      key: { person, results: 0, wrong: 0, firstWrong: null },
      agent,
      session: `session_${agent}` as SessionId,
      liar: kind && makeLiar({ kind, rate, after, secret, seed: this.#seed + number }),
    };
  }
}

const CAPABILITY = {
  kind: 'native',
  label: 'trust',
  lanes: 1,
  memoryBytes: 2 ** 34,
  logicalCores: 4,
  features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
  primitives: Object.fromEntries(PRIMITIVES.map((name) => [name, 'wasm'] as const)),
} as const;
