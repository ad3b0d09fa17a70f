import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configWith,
  startOrchestrator,
  type OrchestratorConfig,
  type RunningOrchestrator,
} from '../../src/orchestrator/index.ts';
import { certain } from './client.ts';

/** Runs an orchestrator in this process, on a free port and a store of its own, while `use` runs. */
export async function withOrchestrator(
  changes: Partial<OrchestratorConfig>,
  use: (orchestrator: RunningOrchestrator) => Promise<void>,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'manyhands-orchestrator-'));
  const config = configWith({ port: 0, home, logLevel: 'silent', ...changes });
  const orchestrator = certain(await startOrchestrator(config));
  try {
    await use(orchestrator);
  } finally {
    await orchestrator.close();
    rmSync(home, { recursive: true, force: true });
  }
}
