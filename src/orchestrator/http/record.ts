import { ENTRY_BYTES_MAX, WITNESS_REQUEST_BYTES_MAX } from '../../domain/limits.ts';
import { CHECKPOINT_PATH, parseTilePath, TILE_WIDTH, type TileReader } from '../../ledger/index.ts';
import type { ClientLimits } from '../access/client-limits.ts';
import type { PeerRangeOf } from '../access/peer.ts';
import type { RecordViews } from '../record/views/record-views.ts';
import { sendAnswer, sendText } from './answer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';
import { requestBody } from './request-body.ts';

/** Below it lies the record, as C2SP's tlog-tiles has it. */
export const RECORD_PATH = '/record/';

/** Where others ask for cosignatures, as C2SP's tlog-witness has it. */
export const ADD_CHECKPOINT_PATH = '/record/add-checkpoint';

const FILE_BYTES_MAX = TILE_WIDTH * (ENTRY_BYTES_MAX + 2);

/** Answers a file of the record: tiles may be cached anywhere for ever, the checkpoint never. */
export function recordSender(
  files: TileReader,
): (path: string, request: HttpRequest, response: HttpResponse) => Promise<void> {
  return async (path, request, response) => {
    // What follows the prefix is the client's.
    const name = path.slice(RECORD_PATH.length);
    const isCheckpoint = name === CHECKPOINT_PATH;
    if (!isCheckpoint && parseTilePath(name) === null) {
      const text = 'The record has "checkpoint" and "tile/...", as C2SP tlog-tiles names them.\n';
      return sendText(response, { status: 404, text });
    }
    const file = await files.read(name, FILE_BYTES_MAX);
    if (!file.ok) {
      const status = file.failure.code === 'tile_unknown' ? 404 : 503;
      return sendText(response, { status, text: `${file.failure.message}\n` });
    }
    const headers = {
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'content-type': isCheckpoint ? 'text/plain; charset=utf-8' : 'application/octet-stream',
      'cache-control': isCheckpoint ? 'no-store' : 'public, max-age=31536000, immutable',
      'content-length': String(file.value.byteLength),
    };
    const body = request.method === 'HEAD' ? null : file.value;
    sendAnswer(response, { status: 200, headers, body });
  };
}

/** Answers whoever asks for a cosignature. */
export function witnessSender(of: {
  readonly views: Pick<RecordViews, 'addCheckpoint'>;
  readonly limits: Pick<ClientLimits, 'entry'>;
  readonly rangeOf: PeerRangeOf;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}): (request: HttpRequest, response: HttpResponse) => Promise<void> {
  const { views, limits, rangeOf, now } = of;
  return async (request, response) => {
    const allowed = limits.entry({ range: rangeOf(request), nowMs: now() });
    if (!allowed.ok)
      return sendText(response, { status: 429, text: `${allowed.failure.message}\n` });
    const body = await requestBody(request, WITNESS_REQUEST_BYTES_MAX);
    if (!body.ok) return sendText(response, { status: 400, text: `${body.failure.message}\n` });
    const answer = await views.addCheckpoint(body.value);
    if (!answer.ok) return sendText(response, { status: 503, text: `${answer.failure.message}\n` });
    const { status, body: text } = answer.value;
    const bytes = Buffer.from(text);
    const type = status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8';
    const headers = {
      'content-type': type,
      'cache-control': 'no-store',
      'content-length': String(bytes.byteLength),
    };
    sendAnswer(response, { status, headers, body: bytes });
  };
}
