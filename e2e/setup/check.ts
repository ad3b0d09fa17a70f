import { CHECKS, type CheckEnd } from './checks.ts';
import { endProgramsOnInterrupt } from './program.ts';

/** `npm run check`: what CI holds code to. Runs all checks, also behind one that failed. */
export async function main(): Promise<number> {
  endProgramsOnInterrupt();
  const failed: string[] = [];
  for (const { name, run } of CHECKS) {
    const startedAtMs = performance.now();
    // A check that breaks has failed; the next ones still tell theirs.
    const end = await run().catch((error: unknown): CheckEnd => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { kind: 'failed', output: text };
    });
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    const reason = end.kind === 'skipped' ? `: ${end.reason}` : '';
    console.log(`${end.kind.padEnd(7)} ${name} (${seconds} s)${reason}`);
    if (end.kind !== 'failed') continue;
    failed.push(name);
    console.log(indented(end.output));
  }
  const summary = failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`;
  console.log(`\n${summary}`);
  return failed.length === 0 ? 0 : 1;
}

function indented(output: string): string {
  return output.trimEnd().replace(/^/gm, '    ');
}
