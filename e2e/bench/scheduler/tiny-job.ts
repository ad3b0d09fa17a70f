import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { USUAL_TERMS, type JobSpec } from '../../../src/domain/job.ts';
import { parseContentId } from '../../../src/domain/ids.ts';
import { LEAF_BYTES } from '../../../src/domain/limits.ts';
import { leafIdOf } from '../../../src/integrity/index.ts';
import { DataService } from '../../../src/wire/index.ts';
import { certain, type Producer } from '../../network/client.ts';

/** Most tasks of one tiny job: its input is a single leaf. */
export const TINY_TASKS_MAX = LEAF_BYTES / 4;

/** The number that is relu'd in a row: some below zero, some above, each a float of its own. */
export function tinyValueAt(row: number): number {
  return row - TINY_TASKS_MAX / 2;
}

/** Stores the input of tiny jobs, and gives such jobs: relu of one number each, all recomputed. */
export async function tinyJobs(
  url: string,
  { apiKey }: Producer,
): Promise<(taskCount: number) => JobSpec> {
  const values = Float32Array.from({ length: TINY_TASKS_MAX }, (_, row) => tinyValueAt(row));
  const block = new Uint8Array(values.buffer);
  const contentId = await leafIdOf(block);
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const headers = { authorization: `Bearer ${apiKey}` };
  await createClient(DataService, transport).putBlock({ contentId, block }, { headers });
  const blob = certain(parseContentId<'blob'>(contentId));
  return (taskCount) => ({
    name: 'tiny tasks',
    workload: {
      kind: 'operators',
      inputs: [
        {
          name: 'A',
          tensor: {
            dtype: 'float32',
            shape: [taskCount, 1],
            source: { kind: 'blob', blob, byteOffset: 0 },
          },
        },
      ],
      nodes: [{ operator: 'relu', inputs: ['A'], output: 'B' }],
      outputs: ['B'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 1,
  });
}
