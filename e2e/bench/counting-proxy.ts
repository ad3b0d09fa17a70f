import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer that went through: its path, and its body's bytes as they were on the wire. */
export type Passed = { readonly path: string; readonly bytes: number };

export type CountingProxy = {
  readonly url: string;
  /** Answers so far, in the order of their ends. */
  readonly passed: readonly Passed[];
  close(): void;
};

/**
 * A proxy before an orchestrator that counts what a page fetches, workers and all: a browser's own
 * tools do not see into workers' workers. Bodies pass as they are, thus compressed.
 */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const passed: Passed[] = [];
  const server = createServer((request, response) => {
    const { url: path = '/', method, headers } = request;
    const onward = send(new URL(path, target), { method, headers }, (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => (bytes += chunk.byteLength));
      answer.on('end', () => passed.push({ path, bytes }));
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    // One side went away: so does the other.
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    passed,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
