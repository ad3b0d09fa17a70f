import type { WorkshopStep } from './draft.ts';
import type { FromWorkshop, ToWorkshop } from './workshop-message.ts';

/** A started workshop: a worker of a page, a process of Node. */
export type WorkshopProcess = {
  post(asked: ToWorkshop): void;
  /** Ends it in mid-instruction. */
  terminate(): void;
};

/** Starts a workshop. `died` is told why it ended by itself. */
export type SpawnWorkshop = (heard: {
  readonly told: (message: FromWorkshop) => void;
  readonly died: (why: string) => void;
}) => WorkshopProcess;

/** The last thing that a workshop said, or why it says no more. `during`: its last step. */
export type EndOfWorkshop<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'silent'; readonly during: string; readonly limitMs: number }
  | { readonly kind: 'died'; readonly during: string; readonly why: string }
  | { readonly kind: 'canceled' };

/** How a workshop is watched. */
export type Watching = {
  readonly spawn: SpawnWorkshop;
  /** How long it may say nothing. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: WorkshopStep) => void;
};

/**
 * Has a workshop of its own do what may never end, and ends it where it goes silent.
 *
 * Nothing else can stop a loop in WASM, or a shader that the GPU is at. The workshop is gone when this
 * settles, however it ended. `isAnswer` tells the last message from those about its progress.
 */
export function runApart<Answer extends FromWorkshop>(
  asked: ToWorkshop,
  how: Watching & { readonly isAnswer: (message: FromWorkshop) => message is Answer },
): Promise<EndOfWorkshop<Answer>> {
  const { spawn, silenceMs, signal, onStep, isAnswer } = how;
  if (signal.aborted) return Promise.resolve({ kind: 'canceled' });
  return new Promise((resolve) => {
    let during = 'starting';
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const end = (last: EndOfWorkshop<Answer>): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      workshop.terminate();
      resolve(last);
    };
    const cancel = (): void => end({ kind: 'canceled' });
    const listen = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => end({ kind: 'silent', during, limitMs: silenceMs }), silenceMs);
    };
    const workshop = spawn({
      told: (message) => {
        if (ended) return;
        listen();
        if (message.kind === 'step') {
          during = message.step.what;
          onStep(message.step);
        }
        if (isAnswer(message)) end({ kind: 'answered', answer: message });
      },
      died: (why) => end({ kind: 'died', during, why }),
    });
    signal.addEventListener('abort', cancel);
    listen();
    workshop.post(asked);
  });
}
