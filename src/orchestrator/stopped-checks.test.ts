import { expect, it } from 'vitest';
import { USUAL_TERMS } from '../domain/job.ts';
import { evidenceListFromJson, jobSpecToWire } from '../wire/index.ts';
import { lineLogger } from './logger.ts';
import { startOrchestrator } from './orchestrator.ts';
import { floats, producerOf, testConfig, valueOf, volunteerAt } from './volunteer.contract.ts';

/** Enough that the first is found out well before the last. */
const LIARS = 24;

it(
  'what a stopping orchestrator had no time to find out is found out by the next, with evidence',
  { timeout: 60_000 },
  async () => {
    const config = testConfig({ checkerThreads: 1 });
    const lines: string[] = [];
    const first = Promise.withResolvers<void>();
    const logger = lineLogger({
      level: 'info',
      write: (line) => {
        lines.push(line);
        if (line.includes('evidence kept')) first.resolve();
      },
    });
    const before = valueOf(await startOrchestrator(config, { logger }));
    const values = Array.from({ length: LIARS }, (_, row) => -row - 1);
    const x = floats([LIARS, 1], values);
    const spec = jobSpecToWire({
      ...USUAL_TERMS,
      name: 'relu',
      workload: {
        kind: 'operators',
        inputs: [{ name: 'x', tensor: x }],
        nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
        outputs: ['y'],
      },
      checking: { kind: 'recompute', share: 1 },
      rowsPerTask: 1,
    });
    await producerOf(before).jobs.submitJob({ idempotencyKey: 'a', spec });
    const reports = [];
    for (let liar = 0; liar < LIARS; liar++) {
      const volunteer = await volunteerAt(before.url);
      const [task] = await volunteer.lease({ maxTasks: 1 });
      if (task === undefined) throw new Error('there is a task for each');
      const result = { kind: 'output', output: [floats([1, 1], [9])] } as const;
      const told = { lease: task.lease, result, computeMs: 1, backend: 'wasm' } as const;
      reports.push(() => volunteer.report([told]));
    }
    await Promise.all(reports.map((report) => report()));
    await first.promise;
    await before.close();
    const keptBefore = lines.filter((line) => line.includes('evidence kept')).length;
    // Some were left: else this shows nothing.
    expect(keptBefore).toBeLessThan(LIARS);
    expect(lines.filter((line) => line.includes('evidence is missing'))).toEqual([]);

    const after = valueOf(await startOrchestrator(config, { logger }));
    // One may be there twice: kept by the first, whose verdict was not written any more.
    const accused = async () => {
      const response = await fetch(`${after.url}/evidence`);
      const listed = valueOf(evidenceListFromJson(await response.json()));
      return new Set(listed.map(({ agent }) => agent)).size;
    };
    await expect.poll(accused).toBe(LIARS);
    await after.close();
  },
);
