import type { Command } from 'commander';
import { fetchEvidence, fetchEvidenceList, httpBlocks } from '../data/index.ts';
import { failure, type FailureCode } from '../domain/failure.ts';
import { parseEvidenceId, type EvidenceId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { evidenceListFromJson, evidenceSummaryToJson } from '../wire/index.ts';
import { knownOrchestrators, withOrchestrator, type Surroundings } from './command.ts';
import { parseOrigin } from './connection.ts';
import { readEvidenceFile } from './evidence-file.ts';
import { evidenceLine, replayJson, replayLines } from './evidence-words.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { formatBytes } from './human-bytes.ts';
import { openOutputFile } from './output-file.ts';

type Options = { readonly orchestrator?: string; readonly json?: true };
type GetOptions = Options & { readonly output?: string };
type ReplayOptions = Options & { readonly from?: string };

const REPLAY_HELP = `
Makes the very check again that the orchestrator made, with the seed and the blocks in the bundle,
and compares. Nothing in a bundle is believed: sizes, blocks and the signature are verified first.
Blocks that a bundle leaves out, as of a large model, are fetched by content id from --from.

Exit codes of replay:
  0    the same verdict; a signed report in the bundle is of the agent's key
  5    the bundle does not parse, cannot be checked, or its report is not of the agent's key
  6    the check made here comes to another verdict

  npx manyhands evidence replay bafyrei….evidence
  npx manyhands evidence replay bafyrei… --orchestrator https://many.example --json`;

/** What keeps a replay from being made, and says nothing of the evidence. */
const HINDRANCES: ReadonlySet<FailureCode> = new Set([
  'unavailable',
  'timeout',
  'canceled',
  'block_unknown',
  'backend_unsupported',
  'out_of_memory',
]);

/** Adds `evidence list`, `evidence get` and `evidence replay`. */
export function addEvidenceCommands(evidence: Command, surroundings: Surroundings): void {
  const { conclude } = surroundings;
  const list = evidence.command('list').description('list the newest bundles of an orchestrator');
  withOrchestrator(list)
    .option('--json', 'write JSON to stdout, one object a line')
    .action(async (options: Options) => {
      const outcome = await listEvidence({ options, surroundings });
      conclude(outcome, { isJson: options.json === true });
    });
  const get = evidence.command('get').description('fetch a bundle; it is verified by its id');
  withOrchestrator(get)
    .argument('<id>', 'what a quarantine or "evidence list" names, bafyrei…')
    .option('--output <file>', 'where to write it (default <id>.evidence)')
    .option('--json', 'write JSON to stdout, one object a line')
    .action(async (id: string, options: GetOptions) => {
      const outcome = await getEvidence(id, { options, surroundings });
      conclude(outcome, { isJson: options.json === true });
    });
  const replay = evidence
    .command('replay')
    .description('check a rejected result again, and say whether the verdict is the same');
  withOrchestrator(replay)
    .argument('<file|id>', 'a bundle, or the id of one that the orchestrator keeps')
    .option('--from <url>', 'orchestrator that has blocks which the bundle leaves out')
    .option('--json', 'write JSON to stdout, one object a line')
    .addHelpText('after', REPLAY_HELP)
    .action(async (source: string, options: ReplayOptions) => {
      const outcome = await replayOne(source, { options, surroundings });
      conclude(outcome, { isJson: options.json === true });
    });
}

type Of<Kind> = { readonly options: Kind; readonly surroundings: Surroundings };

async function listEvidence({ options, surroundings }: Of<Options>): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  const origin = originOf(options, surroundings);
  if (!origin.ok) return origin;
  const json = await fetchEvidenceList({ origin: origin.value, signal });
  const listed = json.ok ? evidenceListFromJson(json.value) : json;
  if (!listed.ok) return listed;
  for (const summary of listed.value) {
    const isJson = options.json === true;
    terminal.result(
      isJson ? JSON.stringify(evidenceSummaryToJson(summary)) : evidenceLine(summary),
    );
  }
  if (listed.value.length === 0) terminal.note('No result was rejected, as far as is kept there.');
  return succeed(EXIT.ok);
}

async function getEvidence(
  argument: string,
  { options, surroundings }: Of<GetOptions>,
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  const id = evidenceIdIn(argument);
  if (id === null) {
    const text = `"${argument}" is not the id of evidence (bafyrei…)`;
    return fail(failure('config_invalid', `${text}. "npx manyhands evidence list" shows the ids.`));
  }
  const origin = originOf(options, surroundings);
  if (!origin.ok) return origin;
  const path = options.output ?? `${id}.evidence`;
  const file = await openOutputFile(path);
  if (!file.ok) return file;
  const bytes = await fetchEvidence(id, { origin: origin.value, signal });
  const written = bytes.ok ? await file.value.write(bytes.value) : bytes;
  if (!bytes.ok || !written.ok) {
    await file.value.discard();
    return bytes.ok ? fail(failure('storage_failed', `cannot write ${path}.`)) : bytes;
  }
  const committed = await file.value.commit();
  if (!committed.ok) return committed;
  const { byteLength } = bytes.value;
  if (options.json === true) terminal.result(JSON.stringify({ file: path, id, bytes: byteLength }));
  else terminal.note(`Wrote ${path}: ${formatBytes(byteLength)}`);
  return succeed(EXIT.ok);
}

async function replayOne(
  argument: string,
  { options, surroundings }: Of<ReplayOptions>,
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  const id = evidenceIdIn(argument);
  const origin = originOf(options, surroundings);
  if (!origin.ok) return origin;
  const from = options.from === undefined ? succeed(null) : parseOrigin(options.from);
  if (!from.ok) return from;
  const bytes =
    id === null
      ? await readEvidenceFile(argument)
      : await fetchEvidence(id, { origin: from.value ?? origin.value, signal });
  if (!bytes.ok) return bytes;
  // Whoever keeps the bundle has its blocks too.
  const others = from.value ?? (id === null ? null : origin.value);
  terminal.status('checking');
  // Loaded only here: most of a command's start-up time.
  const { replayEvidence } = await import('../orchestrator/index.ts');
  const replayed = await replayEvidence(bytes.value, {
    nowMs: Date.now(),
    others: others === null ? null : httpBlocks({ origin: others }),
  });
  terminal.clearStatus();
  if (!replayed.ok) {
    if (HINDRANCES.has(replayed.failure.code)) return replayed;
    // Said here, since its code is of the evidence and not of the failure.
    surroundings.conclude(replayed, { isJson: options.json === true });
    return succeed(EXIT.evidenceMalformed);
  }
  const replay = replayed.value;
  if (options.json === true) terminal.result(replayJson(replay));
  else for (const line of replayLines(replay)) terminal.result(line);
  if (!replay.isSame) return succeed(EXIT.evidenceDiffers);
  return succeed(replay.report.kind === 'false' ? EXIT.evidenceMalformed : EXIT.ok);
}

/** The id that an argument is; null where it must be a file. */
function evidenceIdIn(argument: string): EvidenceId | null {
  const id = parseEvidenceId(argument);
  return id.ok ? id.value : null;
}

function originOf(options: Options, { environment }: Surroundings): Outcome<string> {
  return parseOrigin(options.orchestrator ?? knownOrchestrators(environment)[0]);
}
