import { createClient, type Transport } from '@connectrpc/connect';
import type { BlockSink } from '../data/index.ts';
import { parseContentId, type ContentId, type SessionId } from '../domain/ids.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { DataService } from '../wire/index.ts';
import { call } from './agent-rpc.ts';

/** Where an agent's session may put the blocks of its outputs: DataService. */
export function serviceBlocks(transport: Transport, session: SessionId): BlockSink {
  const client = createClient(DataService, transport);
  return {
    missing: async (ids, { signal } = {}) => {
      const request = { contentIds: [...ids], sessionId: session };
      const options = signal === undefined ? {} : { signal };
      const called = await call((with_) => client.stage(request, with_), options);
      return called.ok ? parseIds(called.value.missingContentIds) : called;
    },
    put: async (id, block, { signal } = {}) => {
      const request = { contentId: id, block, sessionId: session };
      const options = signal === undefined ? {} : { signal };
      const called = await call((with_) => client.putBlock(request, with_), options);
      return called.ok ? succeed(undefined) : called;
    },
  };
}

function parseIds(texts: readonly string[]): Outcome<ContentId[]> {
  const ids: ContentId[] = [];
  for (const text of texts) {
    const id = parseContentId<'blob'>(text);
    if (!id.ok) return id;
    // A content id of a block; what it points to is known to the caller who asked.
    ids.push(id.value as ContentId);
  }
  return succeed(ids);
}
