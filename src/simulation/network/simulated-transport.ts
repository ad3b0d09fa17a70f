import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import type { Link } from './network.ts';

/** Where an orchestrator listens; null while none does. */
export type Seat = { endpoint: Endpoint | null };

export type SimulatedTransport = Transport & {
  /** The client is gone and its machine says so: the orchestrator sees its calls end. */
  hangUp(): void;
};

/**
 * Calls over a simulated line, as Connect makes them: with a deadline, an abort that the other side
 * hears of, and a broken connection where the other side dies. Nothing streams.
 */
export function simulatedTransport(of: {
  readonly link: Link;
  readonly seat: Seat;
  readonly process: SimulatedProcess;
}): SimulatedTransport {
  const { link, seat, process } = of;
  const open = new Set<() => void>();

  const call = (
    request: { readonly name: string; readonly take: (call: Arrival) => boolean },
    options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number | undefined },
  ): Promise<MessageShape<DescMessage>> => {
    const { signal, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      const stops: AbortController[] = [];
      const stopServer = (): void => {
        link.send('abort', () => stops.forEach((stop) => stop.abort()));
      };
      const settle = (answer: Answer): void => {
        if (!process.isAlive || !open.delete(stopServer)) return;
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        if (answer.kind === 'message') resolve(answer.message);
        else reject(answer.error);
      };
      const giveUp = (code: Code, text: string): void => {
        if (!open.has(stopServer)) return;
        stopServer();
        settle({ kind: 'error', error: new ConnectError(text, code) });
      };
      const onAbort = (): void => giveUp(Code.Canceled, 'the call was aborted');
      const onTime = (): void => giveUp(Code.DeadlineExceeded, 'the call took too long');
      open.add(stopServer);
      const cancelTimer = timeoutMs === undefined ? () => {} : process.after(timeoutMs, onTime);
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort);
      link.send(request.name, () => {
        const stop = new AbortController();
        stops.push(stop);
        const answer = (given: Answer): void => {
          link.send(`${request.name} answer`, () => process.enter(() => settle(given)));
        };
        if (!request.take({ signal: stop.signal, answer })) answer(REFUSED);
      });
    });
  };

  return {
    async unary(method, signal, timeoutMs, _header, input) {
      const message = create(method.input, input);
      const take = (arrival: Arrival): boolean => {
        seat.endpoint?.take({ method, message, ...arrival });
        return seat.endpoint !== null;
      };
      const answer = await call({ name: method.name, take }, { signal, timeoutMs });
      return {
        stream: false,
        service: method.parent,
        method,
        header: NO_HEADERS,
        trailer: NO_HEADERS,
        // The endpoint made it of the method's output.
        message: answer as MessageShape<typeof method.output>,
      };
    },
    stream: () => Promise.reject(new ConnectError('nothing streams here', Code.Unimplemented)),
    hangUp: () => open.forEach((stopServer) => stopServer()),
  };
}

type Arrival = { readonly signal: AbortSignal; readonly answer: (answer: Answer) => void };

const NO_HEADERS = new Headers();
const REFUSED: Answer = {
  kind: 'error',
  error: new ConnectError('nobody listens there', Code.Unavailable),
};
