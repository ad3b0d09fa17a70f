import { basename } from 'node:path';
import { failure } from '../domain/failure.ts';
import { WORKSHOP_SILENCE_MS } from '../domain/limits.ts';
import type { OperatorName } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Draft } from '../kernels/index.ts';
import type { Surroundings } from './command.ts';
import { draftLines } from './draft-words.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { readWhole } from './tensor-file.ts';

/** A file to try instead of the network's kernels, as options name it. */
export type DraftOptions = {
  readonly wgsl?: string;
  readonly wasm?: string;
  readonly limit?: number;
  readonly json?: true;
};

/** Whether a draft is named at all. */
export function namesDraft({ wgsl, wasm }: DraftOptions): boolean {
  return wgsl !== undefined || wasm !== undefined;
}

/**
 * Tries the draft that options name, in a process of its own.
 *
 * Errors: config_invalid, input_invalid (the file), and those of `tryDraftApart`.
 */
export async function tryDraftFile(
  options: DraftOptions & { readonly operators: readonly OperatorName[] },
  { terminal, signal, isTimed }: Pick<Surroundings, 'terminal' | 'signal'> & { isTimed: boolean },
): Promise<Outcome<ExitCode>> {
  const [operator, ...others] = options.operators;
  if (operator === undefined || others.length > 0) {
    const text = 'a draft is one operator: name it with --operator';
    return fail(failure('config_invalid', text));
  }
  const draft = await readDraft(options, operator);
  if (!draft.ok) return draft;
  const { tryDraftApart } = await import('../kernels/index.ts');
  const { spawnWorkshop } = await import('./spawn-workshop.ts');
  const file = basename(options.wgsl ?? options.wasm ?? '');
  const finding = await tryDraftApart(draft.value, {
    spawn: spawnWorkshop,
    silenceMs: options.limit === undefined ? WORKSHOP_SILENCE_MS : options.limit * 1000,
    isTimed,
    signal,
    onStep: ({ what, index, count }) => {
      terminal.status(`${file} as ${operator}: ${what} (${index + 1} of ${count}) …`);
    },
  });
  if (!finding.ok) return finding;
  if (options.json === true) terminal.result(JSON.stringify({ operator, file, ...finding.value }));
  else for (const line of draftLines(finding.value, { operator, file })) terminal.result(line);
  return succeed(finding.value.kind === 'right' ? EXIT.ok : EXIT.failure);
}

async function readDraft(
  { wgsl, wasm }: DraftOptions,
  operator: OperatorName,
): Promise<Outcome<Draft>> {
  if (wgsl !== undefined && wasm !== undefined) {
    return fail(failure('config_invalid', 'a draft is one file: give --wgsl or --wasm'));
  }
  const file = await readWhole(wgsl ?? wasm ?? '');
  if (!file.ok) return file;
  if (wgsl === undefined) return succeed({ kind: 'wasm', operator, module: file.value });
  return succeed({ kind: 'wgsl', operator, source: new TextDecoder().decode(file.value) });
}
