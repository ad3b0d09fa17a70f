import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const TALLY = `export function handle(db, action, ctx) {
  const total = (db.get(ctx.caller) ?? 0) + action.add;
  db.set(ctx.caller, total);
  return total;
}`;

describe('fn simulate', () => {
  it('prints what became of each action, and the state at the end', async () => {
    const actions = [1, 2, 0.5].map((add) => ({ caller: 'ann', action: { add } }));
    const { code, stdout } = await simulateFiles(TALLY, JSON.stringify(actions));
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^function b[a-z2-7]{58}$/);
    expect(lines.slice(2)).toEqual([
      '{"kind":"done","value":1}',
      '{"kind":"done","value":3}',
      '{"kind":"refused","reason":"body_malformed","detail":"the body is not canonical dag-cbor"}',
      '"ann" = 3',
    ]);
    expect(code).toBe(1);
  });

  it('says what is wrong with files that are none', async () => {
    const noJson = await simulateFiles(TALLY, '[');
    expect(noJson).toMatchObject({ stdout: '', stderr: expect.stringContaining('no JSON') });
    const noList = await simulateFiles(TALLY, '[{ "caller": 1, "action": 1 }]');
    expect(noList.stderr).toContain('no list of actions');
  });
});

async function simulateFiles(source: string, actions: string) {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-fn-'));
  const [sourceFile, actionsFile] = [join(folder, 'source.js'), join(folder, 'actions.json')];
  writeFileSync(sourceFile, source);
  writeFileSync(actionsFile, actions);
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const { signal } = new AbortController();
  const given = { terminal, signal, environment: {}, pauseSwitch: () => () => undefined };
  const code = await runCommand(['fn', 'simulate', sourceFile, actionsFile], given);
  return { code, stdout, stderr };
}
