import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { LIES, tellFailure } from './lies.ts';
import { play, SCENES } from './scenes.ts';
import { digitsAreHere, digitsWork, floatWork, integerWork } from './works.ts';

let orchestrator: TestOrchestrator;
beforeAll(async () => {
  orchestrator = await testOrchestrator();
});
afterAll(() => orchestrator.close());

if (!digitsAreHere) console.log('skipped: liars on real digits, as ../shared is not there');

const WORKS = [
  { name: 'an f32 graph', make: floatWork },
  { name: 'a qmatmul', make: integerWork },
  ...(digitsAreHere ? [{ name: 'real digits', make: digitsWork }] : []),
];

describe.each(WORKS)('of $name', ({ make }) => {
  it.each(SCENES)('no lie gets into the output when checked by $name', async (scene) => {
    const work = await make(orchestrator);
    const lies = LIES.filter(({ fits }) => fits(work.shape));
    const ended = await play({ orchestrator, work, scene, lies });
    expect(ended.wrong).toEqual([]);
    expect(ended.liars.size).toBe(lies.length);
    const unpunished = [...ended.liars].filter(([, { quarantine, rejected }]) => {
      return quarantine === null || rejected === 0;
    });
    expect(unpunished).toEqual([]);
    const blamed = ended.honest.filter(({ quarantine, rejected }) => {
      return quarantine !== null || rejected > 0;
    });
    expect(blamed).toEqual([]);
  });
});

describe('an agent that only reports failures', () => {
  it.each(SCENES)(
    'is not quarantined when checked by $name, and others do its work',
    async (scene) => {
      const work = await integerWork();
      const lies = [{ name: 'failure', tell: tellFailure }];
      const ended = await play({ orchestrator, work, scene, lies });
      expect(ended.wrong).toEqual([]);
      expect(ended.liars.get('failure')).toMatchObject({
        quarantine: null,
        rejected: 0,
        accepted: 0,
      });
      expect(ended.honest.every(({ quarantine }) => quarantine === null)).toBe(true);
    },
  );
});
