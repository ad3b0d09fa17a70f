import { memoryDisk, memoryStore } from './memory-store.ts';
import { describeStore } from './store.contract.ts';

describeStore('in memory', () => {
  const disk = memoryDisk();
  return { open: async () => memoryStore(disk) };
});
