import { createClient, type Client, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobSpec, JobView } from '../../src/domain/job.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { JobService, jobFromWire, jobSpecToWire, NetworkService } from '../../src/wire/index.ts';

/** A producer of a test's own. */
export type Producer = {
  readonly apiKey: string;
  readonly jobs: Client<typeof JobService>;
  readonly network: Client<typeof NetworkService>;
  submit(spec: JobSpec): Promise<JobView>;
  /** The job's last state. */
  watch(job: JobId): Promise<JobView>;
};

/** Opens a producer with the key that lies in an orchestrator's data folder. */
export function producerOf(url: string, data: string): Producer {
  const apiKey = readFileSync(join(data, 'api-key'), 'utf8').trim();
  const withKey: Interceptor = (next) => (request) => {
    request.header.set('authorization', `Bearer ${apiKey}`);
    return next(request);
  };
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '1.1',
    interceptors: [withKey],
  });
  const jobs = createClient(JobService, transport);
  return {
    apiKey,
    jobs,
    network: createClient(NetworkService, transport),
    submit: async (spec) => {
      const idempotencyKey = crypto.randomUUID();
      const { job } = await jobs.submitJob({ idempotencyKey, spec: jobSpecToWire(spec) });
      return certain(jobFromWire(job));
    },
    watch: async (jobId) => {
      let last: JobView | null = null;
      for await (const { job } of jobs.watchJob({ jobId })) last = certain(jobFromWire(job));
      if (last === null) throw new Error(`no word of ${jobId}`);
      return last;
    },
  };
}

/** The value of an outcome that this test takes for granted. */
export function certain<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}
