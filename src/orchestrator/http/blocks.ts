import { parseContentId, type BlockKind } from '../../domain/ids.ts';
import type { FileBlocks } from '../../data/node.ts';
import { LEAF_BYTES } from '../../domain/limits.ts';
import { sendAnswer, sendText } from './answer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';

/** Where blocks are read: `/ipfs/<content id>`. */
export const BLOCKS_PATH = '/ipfs/';

// Leaves on their way out whose memory is used again; those beyond get memory of their own. Count.
const ROOMS_MAX = 32;

/**
 * Answers one block, raw, as a trustless gateway: whoever asks verifies it against its id, so it
 * may be cached anywhere for ever and read from any page.
 *
 * Leaves are read into the same few buffers again and again: fresh ones cost the collector more
 * time than all the rest.
 */
export function blockSender(
  source: FileBlocks,
): (request: HttpRequest, response: HttpResponse) => Promise<void> {
  const rooms: Uint8Array<ArrayBuffer>[] = [];
  return async (request, response) => {
    // What follows the prefix is the client's.
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const id = parseContentId<BlockKind>(path.slice(BLOCKS_PATH.length));
    if (!id.ok) return sendText(response, { status: 400, text: id.failure.message });
    const etag = `"${id.value}"`;
    if (request.headers['if-none-match'] === etag) {
      return sendAnswer(response, { status: 304, headers: blockHeaders(etag), body: null });
    }
    const room = rooms.pop() ?? new Uint8Array(LEAF_BYTES);
    const block = await source.getInto(id.value, room);
    // Once it is closed the bytes have been given to the operating system, or never will be. A
    // response that closed while the block was read leaves its room to the collector.
    response.once('close', () => {
      if (rooms.length < ROOMS_MAX) rooms.push(room);
    });
    if (!block.ok) {
      const status = block.failure.code === 'block_unknown' ? 404 : 503;
      return sendText(response, { status, text: block.failure.message });
    }
    const headers = {
      ...blockHeaders(etag),
      'content-type': 'application/vnd.ipld.raw',
      'content-disposition': `attachment; filename="${id.value}.bin"`,
      'content-length': String(block.value.byteLength),
    };
    const body = request.method === 'HEAD' ? null : block.value;
    sendAnswer(response, { status: 200, headers, body });
  };
}

function blockHeaders(etag: string): Record<string, string> {
  return {
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    'cache-control': 'public, max-age=29536000, immutable',
    etag,
  };
}
