import { useCallback, useSyncExternalStore } from 'react';

/** The present value of a store that lives outside React. */
export function useStore<Value>(store: {
  snapshot(): Value;
  subscribe(listener: () => void): () => void;
}): Value {
  const subscribe = useCallback((listener: () => void) => store.subscribe(listener), [store]);
  return useSyncExternalStore(subscribe, () => store.snapshot());
}
