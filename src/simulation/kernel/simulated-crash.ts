/** Unwinds the stack of a process that dies in the middle of what it does. Caught by the kernel alone. */
export class SimulatedCrash extends Error {
  constructor() {
    super('the simulated process died here');
    this.name = 'SimulatedCrash';
  }
}
