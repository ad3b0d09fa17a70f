import { equalBytes, type CanonicalValue } from '../integrity/index.ts';
import { dataOfText } from './data-text.ts';
import { keyHashOf, proveState, type StateProof } from './state-proof.ts';
import { hashOfTree, wayTo, type Tree } from './state-tree.ts';

/**
 * All rows as they were at one moment, with their proofs.
 *
 * It costs what was overwritten or deleted since then, for as long as somebody holds it.
 */
export type StateView = {
  /** Commits to all of them. */
  readonly root: Uint8Array;
  /** The value of a function's key (undefined: there was none), and what shows it against the root. */
  row(of: { readonly function: string; readonly key: string }): {
    readonly value: CanonicalValue | undefined;
    readonly proof: StateProof;
  };
};

/** The rows that a tree commits to. */
export function viewOf(tree: Tree): StateView {
  return {
    root: hashOfTree(tree),
    row(of) {
      const keyHash = keyHashOf(of);
      const { end } = wayTo(tree, keyHash);
      const isIts = end !== null && equalBytes(end.keyHash, keyHash);
      return { value: isIts ? dataOfText(end.text) : undefined, proof: proveState(tree, of) };
    },
  };
}
