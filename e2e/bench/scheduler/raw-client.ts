import { connect, type Socket } from 'node:net';
import {
  create,
  fromBinary,
  toBinary,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  type DescMessage,
} from '@bufbuild/protobuf';

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One connection of HTTP/1.1 that is kept, with one call at a time: what a load needs of a client,
 * and little more than the socket costs.
 */
export class RawClient {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (body: Buffer) => void; reject: (cause: Error) => void } | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('data', (part) => this.#take(part));
    socket.on('error', (cause) => this.#fail(cause));
    socket.on('close', () => this.#fail(new Error('the orchestrator closed a connection')));
  }

  static open(url: URL): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawClient(socket, url.host)));
    });
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const body = toBinary(method.input, create(method.input, request));
    return fromBinary(method.output, await this.send(requestOf(method, this.#host, body)));
  }

  /** Sends a request as it is; gives the body of an answer that is none of an error. */
  send(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(part: Buffer): void {
    this.#received = this.#received.byteLength === 0 ? part : Buffer.concat([this.#received, part]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const bodyStart = headEnd + HEAD_END.byteLength;
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (!(this.#received.byteLength >= bodyStart + length)) return;
    const body = this.#received.subarray(bodyStart, bodyStart + length);
    this.#received = Buffer.alloc(0);
    if (!head.startsWith('HTTP/1.1 200')) return this.#fail(new Error(`${head}\n${body}`));
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(body);
  }

  #fail(cause: Error): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(cause);
  }
}

/** A call as it goes over the line. */
export function requestOf(method: DescMethodUnary, host: string, body: Uint8Array): Buffer {
  const head =
    `POST /${method.parent.typeName}/${method.name} HTTP/1.1\r\nhost: ${host}\r\n` +
    `content-type: application/proto\r\ncontent-length: ${body.byteLength}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
