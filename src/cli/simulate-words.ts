import type { SimulationProgress, SimulationResult } from '../simulation/index.ts';
import { clockTime, grouped, progressBar } from './progress.ts';

/** What else is told beside a result: what this process took, and how to have it again. */
export type Told = {
  readonly result: SimulationResult;
  readonly realMs: number;
  readonly replay: string;
};

/** The line of one seed, and of what went wrong in it; the last names the command that replays it. */
export function resultLines({ result, realMs, replay }: Told): readonly string[] {
  const { options, violations, hash, virtualMs, eventCount } = result;
  const verdict = violations.length === 0 ? 'ok    ' : 'FAILED';
  const size = `${options.agents} agents, ${options.jobs} jobs, ${clockTime(virtualMs)} virtual`;
  const cost = `${grouped(eventCount)} events in ${(realMs / 1000).toFixed(1)} s`;
  const line = `seed ${options.seed}  ${verdict}  hash ${hash}  ${size}, ${cost}`;
  if (violations.length === 0) return [line];
  const found = violations.map(({ checker, atMs, message }) => {
    return `  ${checker} at ${clockTime(atMs)}: ${message}`;
  });
  return [line, ...found, `  replay: ${replay}`];
}

/** One line of JSON a seed. */
export function resultJson({ result, realMs, replay }: Told): string {
  const { options, hash, violations, virtualMs, eventCount, recordCount } = result;
  const { seed, agents, minutes, jobs } = options;
  return JSON.stringify({
    seed,
    ok: violations.length === 0,
    hash,
    agents,
    minutes,
    jobs,
    virtualMs,
    eventCount,
    recordCount,
    realMs: Math.round(realMs),
    violations,
    replay,
  });
}

/** How far one seed is, cut to a width. */
export function progressLine(
  seed: number,
  { virtualMs, faultsMs, eventCount }: SimulationProgress,
  width: number,
): string {
  const share = Math.min(1, virtualMs / faultsMs);
  const phase = virtualMs < faultsMs ? 'with faults' : 'coming to an end';
  const times = `${clockTime(virtualMs)} virtual, ${phase}`;
  const text = `${progressBar(share)} seed ${seed}  ${times}, ${grouped(eventCount)} events`;
  return text.slice(0, Math.max(width - 1, 0));
}

/** The last line of many seeds. */
export function summaryLine(of: {
  readonly count: number;
  readonly failed: readonly number[];
  readonly realMs: number;
}): string {
  const { count, failed, realMs } = of;
  const rate = ((count * 1000) / Math.max(1, realMs)).toFixed(1);
  const verdict = failed.length === 0 ? 'all ok' : `${failed.length} failed: ${failed.join(', ')}`;
  return `${grouped(count)} seeds, ${verdict} (${rate} seeds a second)`;
}
