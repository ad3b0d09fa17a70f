import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';

/** Of one period, in microseconds: short, so that nobody stands still for long. */
const PERIOD_US = 10_000;
const GROUPS = '/sys/fs/cgroup';

type Version = {
  readonly root: string;
  /** Whether groups made there can be held to a share. */
  readonly isThere: () => boolean;
  readonly limits: (quotaUs: number) => readonly (readonly [file: string, text: string])[];
};

/** Source: Linux, "Control Group v2", cpu.max; for version 1 "CFS Bandwidth Control". */
const VERSIONS: readonly Version[] = [
  {
    root: GROUPS,
    isThere: () => {
      const controllers = `${GROUPS}/cgroup.subtree_control`;
      return existsSync(controllers) && /\bcpu\b/.test(readFileSync(controllers, 'utf8'));
    },
    limits: (quotaUs) => [['cpu.max', `${quotaUs} ${PERIOD_US}`]],
  },
  {
    root: `${GROUPS}/cpu`,
    isThere: () => existsSync(`${GROUPS}/cpu/cpu.cfs_quota_us`),
    limits: (quotaUs) => [
      ['cpu.cfs_period_us', String(PERIOD_US)],
      ['cpu.cfs_quota_us', String(quotaUs)],
    ],
  },
];

const version = VERSIONS.find(({ root, isThere }) => isThere() && mayWrite(root));

/** Whether this account may hold processes to a share of a core: Linux's control groups do it. */
export function canHold(): boolean {
  return version !== undefined;
}

/**
 * Holds a process with all its threads to a share of a core, 0 to 1; what it gives removes the
 * group of the process, once that has ended.
 */
export function holdToShare(pid: number, share: number): () => void {
  if (version === undefined) throw new Error('no control groups that this account may make');
  const group = `${version.root}/manyhands-bench-${pid}`;
  mkdirSync(group);
  for (const [file, text] of version.limits(Math.round(share * PERIOD_US))) {
    writeFileSync(`${group}/${file}`, text);
  }
  writeFileSync(`${group}/cgroup.procs`, String(pid));
  return () => rmdirSync(group);
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
