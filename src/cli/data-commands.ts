import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { openBlob, readBlobTo } from '../data/index.ts';
import { failure } from '../domain/failure.ts';
import { parseContentId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  connect,
  withProducerOptions,
  type ProducerOptions,
  type Surroundings,
} from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { formatBytes } from './human-bytes.ts';
import { openOutputFile } from './output-file.ts';
import { transferProgress } from './submit-job.ts';
import { uploadFile } from './tensor-file.ts';

type GetOptions = ProducerOptions & { readonly output: string };

/** Adds `data put` and `data get`. */
export function addDataCommands(data: Command, surroundings: Surroundings): void {
  const put = data.command('put').description('store files; only blocks that are missing are sent');
  withProducerOptions(put)
    .argument('<file...>', 'files of any kind')
    .action(async (files: readonly string[], options: ProducerOptions) => {
      const outcome = await putFiles(files, { options, surroundings });
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
  const get = data.command('get').description('fetch a blob; every byte is verified');
  withProducerOptions(get)
    .argument('<content-id>', 'what "data put" printed, b…')
    .requiredOption('--output <file>', 'where to write it')
    .action(async (id: string, options: GetOptions) => {
      const outcome = await getBlob(id, { options, surroundings });
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

async function putFiles(
  files: readonly string[],
  of: { readonly options: ProducerOptions; readonly surroundings: Surroundings },
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = of.surroundings;
  const connection = await connect(of.options, of.surroundings);
  if (!connection.ok) return connection;
  const { sink } = connection.value;
  for (const path of files) {
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory() === true) {
      return fail(failure('input_invalid', `${path} is a folder. Name the files within it.`));
    }
    if (found === null || !found.isFile()) {
      return fail(failure('input_invalid', `there is no file ${path}. Check the path.`));
    }
    const file = { path, fileBytes: found.size };
    const stored = await uploadFile(file, { sink, signal, onTransfer: transferProgress(terminal) });
    terminal.clearStatus();
    if (!stored.ok) return stored;
    const { blob, byteLength } = stored.value;
    const isJson = of.options.json === true;
    const json = { file: path, contentId: blob, byteLength };
    terminal.result(isJson ? JSON.stringify(json) : `${blob}  ${path}`);
  }
  return succeed(EXIT.ok);
}

async function getBlob(
  text: string,
  of: { readonly options: GetOptions; readonly surroundings: Surroundings },
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = of.surroundings;
  const id = parseContentId(text);
  if (!id.ok) return fail(failure('config_invalid', `"${text}" is not a content id (b…).`));
  const connection = await connect(of.options, of.surroundings);
  if (!connection.ok) return connection;
  const { blocks } = connection.value;
  const path = of.options.output;
  const opened = await openOutputFile(path);
  if (!opened.ok) return opened;
  const file = opened.value;
  const show = transferProgress(terminal);
  const blob = await openBlob(blocks, { blob: id.value }, { signal });
  const read = !blob.ok
    ? blob
    : await readBlobTo(
        blocks,
        { blob: blob.value, write: file.write },
        {
          signal,
          onProgress: (doneBytes, totalBytes) => show({ what: path, doneBytes, totalBytes }),
        },
      );
  terminal.clearStatus();
  if (!read.ok || !blob.ok) {
    await file.discard();
    return read.ok ? fail(failure('unavailable', 'the blob could not be opened')) : read;
  }
  const committed = await file.commit();
  if (!committed.ok) return committed;
  const { byteLength } = blob.value.ref;
  if (of.options.json === true) {
    terminal.result(JSON.stringify({ file: path, contentId: id.value, byteLength }));
  } else terminal.note(`Wrote ${path}: ${formatBytes(byteLength)}`);
  return succeed(EXIT.ok);
}
