import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  createContextValues,
  type ContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import { PEER_RANGE, type PeerRangeOf } from '../access/peer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';

/** What a call may ask of its circumstances; made as far as it does, which most calls never do. */
export class UnaryContext implements HandlerContext {
  readonly method: DescMethodUnary;
  readonly protocolName = 'connect';
  readonly requestMethod = 'POST';
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #endsAtMs: number | null;
  readonly #rangeOf: PeerRangeOf;
  #deadline: NodeJS.Timeout | null = null;
  #controller: AbortController | null = null;
  #requestHeader: Headers | null = null;
  #responseHeader: Headers | null = null;
  #responseTrailer: Headers | null = null;
  #values: ContextValues | null = null;

  constructor(of: {
    readonly method: DescMethodUnary;
    readonly request: HttpRequest;
    readonly response: HttpResponse;
    /** How long the client waits; null: for ever. */
    readonly timeoutMs: number | null;
    /** From where a request comes. */
    readonly rangeOf: PeerRangeOf;
  }) {
    this.method = of.method;
    this.#request = of.request;
    this.#response = of.response;
    this.#rangeOf = of.rangeOf;
    this.#endsAtMs = of.timeoutMs === null ? null : Date.now() + of.timeoutMs;
  }

  get service(): DescService {
    return this.method.parent;
  }

  get url(): string {
    const { host = '' } = this.#request.headers;
    const isSecure = 'encrypted' in this.#request.socket;
    return new URL(this.#request.url ?? '', `${isSecure ? 'https' : 'http'}://${host}`).toString();
  }

  get requestHeader(): Headers {
    if (this.#requestHeader === null) {
      this.#requestHeader = new Headers();
      for (const [name, value] of Object.entries(this.#request.headers)) {
        for (const one of [value ?? []].flat()) this.#requestHeader.append(name, one);
      }
    }
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    return (this.#responseHeader ??= new Headers());
  }

  get responseTrailer(): Headers {
    return (this.#responseTrailer ??= new Headers());
  }

  get values(): ContextValues {
    return (this.#values ??= createContextValues().set(PEER_RANGE, this.#rangeOf(this.#request)));
  }

  timeoutMs(): number | undefined {
    return this.#endsAtMs === null ? undefined : this.#endsAtMs - Date.now();
  }

  /** Aborted when the client is gone, the time that it gave is over, or the call is answered. */
  get signal(): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#response.closed || this.#response.destroyed) controller.abort();
    else this.#response.once('close', () => controller.abort());
    const leftMs = this.timeoutMs();
    if (leftMs !== undefined) {
      const late = new ConnectError('the operation timed out', Code.DeadlineExceeded);
      this.#deadline = setTimeout(() => controller.abort(late), Math.max(0, leftMs));
    }
    return controller.signal;
  }

  get aborted(): boolean {
    if (this.#controller !== null) return this.#controller.signal.aborted;
    return this.#response.closed || (this.#endsAtMs !== null && Date.now() >= this.#endsAtMs);
  }

  /** Headers that the call set for its answer. */
  answerHeaders(): readonly (readonly [string, string])[] {
    const trailers = [...(this.#responseTrailer ?? [])];
    return [
      ...(this.#responseHeader ?? []),
      ...trailers.map(([name, value]) => [`trailer-${name}`, value] as const),
    ];
  }

  /** The call is answered. */
  end(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#controller?.abort();
  }
}
