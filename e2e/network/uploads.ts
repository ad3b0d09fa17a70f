import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import type { BlockSink } from '../../src/data/index.ts';
import { parseContentId, type BlockKind } from '../../src/domain/ids.ts';
import { fail, succeed } from '../../src/domain/outcome.ts';
import { DataService, failureFromConnect } from '../../src/wire/index.ts';
import { certain } from './client.ts';

/** Where a producer's blobs go: DataService with its API key. */
export function sinkFor(url: string, apiKey: string): BlockSink {
  const client = createClient(
    DataService,
    createConnectTransport({ baseUrl: url, httpVersion: '1.1' }),
  );
  const headers = { authorization: `Bearer ${apiKey}` };
  return {
    missing: async (ids) => {
      const { missingContentIds } = await client.stage({ contentIds: [...ids] }, { headers });
      return succeed(missingContentIds.map((id) => certain(parseContentId<BlockKind>(id))));
    },
    put: async (id, block) => {
      try {
        await client.putBlock({ contentId: id, block }, { headers });
        return succeed(undefined);
      } catch (thrown) {
        return fail(failureFromConnect(thrown));
      }
    },
  };
}
