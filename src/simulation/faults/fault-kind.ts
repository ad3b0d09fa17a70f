/** What can be made to go wrong, each by its name in `--faults`. */
export const FAULTS = {
  crash: 'the orchestrator dies at any instant, in mid-commit too, and starts again from its store',
  vanish: 'tabs are gone without a word, and come back later or never',
  leave: 'agents pause, stop and come back',
  'clock-jump': 'wall clocks are set forward and back',
  straggler: 'a device is ten times slower for a while',
  liar: 'some agents report wrong numbers, old results and those of other tasks',
  flood: 'an agent floods joins, lease requests, reports and duplicates',
  'disk-full': 'the disk refuses every write for a while',
  'disk-slow': 'commits take half a second for a while',
  partition: 'some cannot reach the orchestrator for a while',
  loss: 'messages get lost for a while',
  duplicate: 'messages arrive twice for a while',
  reorder: 'messages overtake each other for a while',
  poison: 'a task fails on every device: its job must fail, with evidence',
} as const;
export type FaultKind = keyof typeof FAULTS;

// The keys of a constant object are its type's.
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** Faults to inject, and how often each may happen at most; Infinity: as often as it comes. */
export type FaultSelection = ReadonlyMap<FaultKind, number>;

/** All faults, as often as they come. */
export const ALL_FAULTS: FaultSelection = new Map(FAULT_KINDS.map((kind) => [kind, Infinity]));
