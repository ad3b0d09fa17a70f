import { emitKeypressEvents, type Key } from 'node:readline';

/** Calls `toggle` each time an agent's owner wants it paused or resumed; the result ends that. */
export type PauseSwitch = (toggle: () => void) => () => void;

/** The key `p` in this process's terminal, and SIGUSR2 for an agent that has none. */
export const processPauseSwitch: PauseSwitch = (toggle) => {
  const ends = [onSignal(toggle), onKey(toggle)];
  return () => ends.forEach((end) => end());
};

function onSignal(toggle: () => void): () => void {
  // Windows has no such signal.
  if (process.platform === 'win32') return () => undefined;
  process.on('SIGUSR2', toggle);
  return () => process.off('SIGUSR2', toggle);
}

function onKey(toggle: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const onPress = (_: string, key: Key): void => {
    if (key.name === 'p') toggle();
    // In raw mode the terminal leaves Ctrl-C to us.
    if (key.ctrl === true && key.name === 'c') process.kill(process.pid, 'SIGINT');
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on('keypress', onPress);
  stdin.resume();
  return () => {
    stdin.off('keypress', onPress);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
