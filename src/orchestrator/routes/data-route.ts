import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  parseContentId,
  parseSessionId,
  type BlockKind,
  type ContentId,
} from '../../domain/ids.ts';
import { BLOCK_LOOKUPS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { blockUnknown, type BlockStore } from '../../data/index.ts';
import { decodeManifest, isManifestId, leafAt, leafCountOf } from '../../integrity/index.ts';
import { sessionOf } from '../../scheduler/index.ts';
import type { DataService } from '../../wire/index.ts';
import { checkApiKey } from '../access/secret-keys.ts';
import type { ClientLimits } from '../access/client-limits.ts';
import type { Coordinator } from '../coordinator.ts';
import type { DiskGuard } from '../disk-guard.ts';
import { sessionUnknown } from '../session-unknown.ts';
import { callingOf } from './caller.ts';
import { unwrap } from './unwrap.ts';

type Parts = {
  readonly coordinator: Coordinator;
  readonly blocks: BlockStore;
  readonly disk: DiskGuard;
  readonly apiKey: string;
  readonly limits: ClientLimits;
  readonly now: () => number;
};

/** Blocks in and out; plain HTTP serves them too. */
export function dataRoute(parts: Parts): ServiceImpl<typeof DataService> {
  const { blocks } = parts;
  return {
    async stage({ contentIds, sessionId }, context) {
      unwrap(mayWrite(parts, { sessionId, context }));
      const ids = contentIds.map((text) => unwrap(parseContentId<BlockKind>(text)));
      const missing = await missingOf(blocks, ids);
      return { missingContentIds: missing };
    },

    async putBlock({ contentId, block, sessionId }, context) {
      unwrap(mayWrite(parts, { sessionId, context }));
      // Producers are the operator's own guests.
      if (sessionId !== '') {
        unwrap(parts.limits.put(block.byteLength, callingOf(context, parts.now)));
      }
      const id = unwrap(parseContentId<BlockKind>(contentId));
      unwrap(await parts.disk.roomFor(block.byteLength));
      if (isManifestId(id)) unwrap(await leavesHeld(blocks, { id, block }));
      unwrap(await blocks.put(id, block));
      return {};
    },

    async getManifest({ contentId }) {
      const id = unwrap(parseContentId<BlockKind>(contentId));
      const block = unwrap(await blocks.get(id));
      if (!isManifestId(id)) return { byteLength: BigInt(block.byteLength) };
      const manifest = unwrap(await decodeManifest(id, block));
      return { manifest: block, byteLength: BigInt(manifest.byteLength) };
    },
  };
}

/** Producers write with their key, agents with their session. */
function mayWrite(
  parts: Parts,
  caller: { readonly sessionId: string; readonly context: HandlerContext },
): Outcome<void> {
  const { sessionId, context } = caller;
  if (sessionId === '')
    return checkApiKey(parts.apiKey, context.requestHeader.get('authorization'));
  const session = parseSessionId(sessionId);
  if (!session.ok) return session;
  const known = sessionOf(parts.coordinator.state, session.value) !== null;
  return known ? succeed(undefined) : fail(sessionUnknown());
}

/** A manifest is taken once its leaves are held, so that a blob that is there is there whole. */
async function leavesHeld(
  blocks: BlockStore,
  of: { readonly id: ContentId<'manifest'>; readonly block: Uint8Array },
): Promise<Outcome<void>> {
  const manifest = await decodeManifest(of.id, of.block);
  if (!manifest.ok) return manifest;
  const count = leafCountOf(manifest.value.byteLength);
  const leaves = Array.from({ length: count }, (_, index) => leafAt(manifest.value, index));
  const [first] = await missingOf(blocks, leaves);
  return first === undefined
    ? succeed(undefined)
    : blockUnknown(first, 'here, as the manifest needs');
}

async function missingOf(blocks: BlockStore, ids: readonly ContentId[]): Promise<ContentId[]> {
  const missing: ContentId[] = [];
  for (let start = 0; start < ids.length; start += BLOCK_LOOKUPS_MAX) {
    const some = ids.slice(start, start + BLOCK_LOOKUPS_MAX);
    const held = await Promise.all(some.map((id) => blocks.has(id)));
    missing.push(...some.filter((_, index) => held[index] === false));
  }
  return missing;
}
