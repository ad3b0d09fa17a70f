import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { History, MessageFate } from '../history.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';

/** How bad the lines are at the moment; shares of messages. */
export type Conditions = {
  lossShare: number;
  doubleShare: number;
  delayShare: number;
};

/** Longest delay that makes a message come behind others. Milliseconds. */
const OVERTAKEN_MS_MAX = 3_000;

/** The lines between the orchestrator and everybody else. */
export class Network {
  readonly conditions: Conditions = { lossShare: 0, doubleShare: 0, delayShare: 0 };
  readonly links = new Map<string, Link>();
  readonly #world: { readonly time: VirtualTime; readonly history: History; readonly seed: number };

  constructor(world: {
    readonly time: VirtualTime;
    readonly history: History;
    readonly seed: number;
  }) {
    this.#world = world;
  }

  /** The line of one client, made at the first asking. */
  link(name: string): Link {
    const known = this.links.get(name);
    if (known !== undefined) return known;
    const random = randomStream(this.#world.seed, `link ${name}`);
    const link = new Link(name, { ...this.#world, random, conditions: this.conditions });
    this.links.set(name, link);
    return link;
  }
}

type LinkWorld = {
  readonly time: VirtualTime;
  readonly history: History;
  readonly random: RandomStream;
  readonly conditions: Conditions;
};

/** One line. Each message takes its own time, so that one may overtake another. */
export class Link {
  readonly name: string;
  /** Nothing comes through, either way. */
  isCut = false;
  readonly #world: LinkWorld;
  readonly #leastMs: number;

  constructor(name: string, world: LinkWorld) {
    this.name = name;
    this.#world = world;
    this.#leastMs = 1 + world.random.nextBelow(60);
  }

  /** Sends a message; `deliver` is called when it arrives: once, twice, or never. */
  send(call: string, deliver: () => void): void {
    const { random, conditions } = this.#world;
    const luck = random.nextUnit();
    if (this.isCut) return this.#note(call, 'cut');
    if (luck < conditions.lossShare) return this.#note(call, 'lost');
    if (random.nextUnit() < conditions.doubleShare) {
      this.#note(call, 'doubled');
      this.#world.time.after(this.#delayMs(), () => this.#arrive(call, deliver));
    }
    const late = random.nextUnit() < conditions.delayShare;
    const extraMs = late ? random.nextBelow(OVERTAKEN_MS_MAX) : 0;
    if (late) this.#note(call, 'delayed');
    this.#world.time.after(this.#delayMs() + extraMs, () => this.#arrive(call, deliver));
  }

  #arrive(call: string, deliver: () => void): void {
    // Cut while it was under way.
    if (this.isCut) return this.#note(call, 'cut');
    this.#note(call, 'delivered');
    deliver();
  }

  /** A long tail by products alone: they are the same on every machine, unlike logarithms. */
  #delayMs(): number {
    const luck = this.#world.random.nextUnit();
    const square = luck * luck;
    const tail = square * square * square * square;
    return Math.ceil(this.#leastMs * (1 + luck * 0.5 + tail * 12));
  }

  #note(call: string, fate: MessageFate): void {
    this.#world.history.add({ kind: 'message', call, link: this.name, fate });
  }
}
