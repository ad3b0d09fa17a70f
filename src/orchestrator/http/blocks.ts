import { parseContentId, type BlockKind } from '../../domain/ids.ts';
import type { BlockSource } from '../../data/index.ts';
import { sendAnswer, sendText } from './answer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';

/** Where blocks are read: `/ipfs/<content id>`. */
export const BLOCKS_PATH = '/ipfs/';

/**
 * Answers one block, raw, as a trustless gateway: whoever asks verifies it against its id, so it
 * may be cached anywhere for ever and read from any page.
 */
export async function sendBlock(
  source: BlockSource,
  request: HttpRequest,
  response: HttpResponse,
): Promise<void> {
  // What follows the prefix is the client's.
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const id = parseContentId<BlockKind>(path.slice(BLOCKS_PATH.length));
  if (!id.ok) return sendText(response, { status: 400, text: id.failure.message });
  const etag = `"${id.value}"`;
  if (request.headers['if-none-match'] === etag) {
    return sendAnswer(response, { status: 304, headers: blockHeaders(etag), body: null });
  }
  const block = await source.get(id.value);
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
}

function blockHeaders(etag: string): Record<string, string> {
  return {
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    'cache-control': 'public, max-age=29536000, immutable',
    etag,
  };
}
