// An orchestrator that dies at a step of its own, as `kill -9` does.
//
//   node dying-orchestrator.contract.ts <config as JSON> <starting | working> <step to die at, or 0>
//
// Steps are what changes the disk, but for the scheduler's log, which another thread writes. They
// are counted anew once it has started, when it tells its address.
import fs from 'node:fs';
import { countDiskSteps } from '../../../ledger/log/disk-steps.contract.ts';
import type { OrchestratorConfig } from '../../index.ts';

const [configJson = '', dieWhile = '', dieAt = '0'] = process.argv.slice(2);

let doing = 'starting';
let steps = 0;
function step(): void {
  steps += 1;
  if (doing === dieWhile && steps === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
}

await countDiskSteps(step);

const { startOrchestrator } = await import('../../index.ts');
// The test wrote it.
const started = await startOrchestrator(JSON.parse(configJson) as OrchestratorConfig);
if (!started.ok) throw new Error(started.failure.message);
const { url, apiKey } = started.value;
doing = 'working';
steps = 0;
// At once: what is told must have left this process before it dies.
fs.writeSync(1, `${JSON.stringify({ url, apiKey })}\n`);
