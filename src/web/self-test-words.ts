import type { AgentSnapshot } from '../agent/browser/index.ts';
import { BACKEND_NAMES, CONTRIBUTE, PRIMITIVE_NAMES } from './text.ts';

/** What the owner should know of a device that was tried again, a sentence each; none: nothing. */
export function selfTestWords(
  of: Pick<AgentSnapshot, 'selfTest' | 'capability'> | null,
): readonly string[] {
  const test = of?.selfTest ?? null;
  if (of === null || test === null) return [];
  const intro = test.why === 'quarantine' ? [CONTRIBUTE.selfTestQuarantine] : [];
  if (test.failed.length === 0) return [...intro, CONTRIBUTE.selfTestRight];
  const backends = [...new Set(test.failed.map(({ backend }) => backend))];
  const wrong = backends.flatMap((backend) => {
    const names = test.failed
      .filter((one) => one.backend === backend)
      .map(({ primitive }) => primitive);
    const next = names.map((name) => of.capability?.primitives[name]);
    const other = next.find((name) => name !== undefined);
    const then =
      other === undefined
        ? CONTRIBUTE.selfTestWithout
        : CONTRIBUTE.selfTestFellBack(BACKEND_NAMES[other]);
    const words = names.map((name) => PRIMITIVE_NAMES[name]);
    return [CONTRIBUTE.selfTestWrong(BACKEND_NAMES[backend], words), then];
  });
  return [...intro, ...wrong, CONTRIBUTE.selfTestRemedy];
}
