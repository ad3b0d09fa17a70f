import {
  create,
  type DescMethod,
  type DescService,
  type MessageShape,
  type DescMessage,
} from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  createContextValues,
  type HandlerContext,
  type ServiceImpl,
} from '@connectrpc/connect';
import { FailureError } from '../../domain/failure.ts';
import { failureToConnect } from '../../wire/index.ts';
import { validateMessage } from '../../wire/validation.ts';
import type { History } from '../history.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';

/** What answers a call: a message, or an RPC error. */
export type Answer =
  | { readonly kind: 'message'; readonly message: MessageShape<DescMessage> }
  | { readonly kind: 'error'; readonly error: ConnectError };

export type IncomingCall = {
  readonly method: DescMethod;
  readonly message: MessageShape<DescMessage>;
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => void;
};

type Handler = (message: unknown, context: HandlerContext) => unknown;

/** The port of one orchestrator process: gives calls to its routes as the real one does. */
export class Endpoint {
  readonly #process: SimulatedProcess;
  readonly #history: History;
  readonly #handlers = new Map<DescMethod, Handler>();
  readonly #open = new Set<IncomingCall>();

  constructor(process: SimulatedProcess, history: History) {
    this.#process = process;
    this.#history = history;
  }

  /** Has a service's routes answer its calls. */
  serve<Service extends DescService>(service: Service, routes: ServiceImpl<Service>): void {
    for (const method of service.methods) {
      // A service's implementation has one function a method, under the method's name.
      const handler = Reflect.get(routes, method.localName) as Handler;
      this.#handlers.set(method, handler);
    }
  }

  take(call: IncomingCall): void {
    this.#open.add(call);
    this.#process.enter(() => void this.#answer(call));
  }

  /** The process is dead: whoever waits for an answer sees the connection break. */
  close(): void {
    const broken = new ConnectError('the connection broke', Code.Unavailable);
    for (const { answer } of this.#open) answer({ kind: 'error', error: broken });
    this.#open.clear();
  }

  async #answer(call: IncomingCall): Promise<void> {
    const answer = await this.#handle(call);
    if (!this.#process.isAlive) return;
    if (this.#open.delete(call)) call.answer(answer);
  }

  async #handle({ method, message, signal }: IncomingCall): Promise<Answer> {
    const handler = this.#handlers.get(method);
    if (handler === undefined) return asError(new ConnectError('no such call', Code.Unimplemented));
    const valid = validateMessage(method.input, message);
    if (!valid.ok) return asError(new FailureError(valid.failure));
    try {
      // Routes read nothing else of the context.
      const context = { signal, values: createContextValues() } as HandlerContext;
      const answer = await handler(valid.value, context);
      // What a route returns is its method's output, or the plain object that makes one.
      return { kind: 'message', message: create(method.output, answer as Record<string, unknown>) };
    } catch (thrown) {
      return this.#errorOf(thrown);
    }
  }

  #errorOf(thrown: unknown): Answer {
    if (thrown instanceof FailureError || thrown instanceof ConnectError) return asError(thrown);
    this.#history.add({ kind: 'bug', message: String(thrown) });
    return asError(new ConnectError('internal error', Code.Internal));
  }
}

function asError(thrown: FailureError | ConnectError): Answer {
  if (thrown instanceof ConnectError) return { kind: 'error', error: thrown };
  return { kind: 'error', error: failureToConnect(thrown.failure) };
}
