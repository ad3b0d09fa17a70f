import { defineConfig, mergeConfig } from 'vitest/config';
import page from '../vite.config.ts';

/** What `npm test` runs in Node: the tests beside the code, and those of whole programs here. */
export default mergeConfig(
  page,
  defineConfig({
    test: {
      include: ['src/**/*.test.{ts,tsx}', 'workers/**/*.test.ts', 'e2e/**/*.test.ts'],
      passWithNoTests: true,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // What comes to be is waited for, also on a busy machine; how long it takes is for benches.
      expect: { poll: { timeout: 30_000 } },
    },
  }),
);
