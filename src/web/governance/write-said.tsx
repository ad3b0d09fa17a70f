import { Notice } from '../primitives/notice.tsx';

/** What became of an action, told to those who see it and to those who hear it. */
export function WriteSaid({ said, isBad }: { readonly said: string; readonly isBad: boolean }) {
  return (
    <div role="status">{said === '' ? null : isBad ? <Notice>{said}</Notice> : <p>{said}</p>}</div>
  );
}
