import { Component, type ReactNode } from 'react';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { CONTRIBUTE, GENERAL } from '../text.ts';

type CrashBoundaryProps = { readonly children: ReactNode };
type CrashBoundaryState = { readonly crash: string | null };

/** Keeps a bug in what is shown from leaving an empty page over an agent that computes. */
export class CrashBoundary extends Component<CrashBoundaryProps, CrashBoundaryState> {
  override state: CrashBoundaryState = { crash: null };

  static getDerivedStateFromError(error: unknown): CrashBoundaryState {
    return { crash: String(error) };
  }

  override render(): ReactNode {
    const { crash } = this.state;
    if (crash === null) return this.props.children;
    return (
      <Notice>
        <h1>{GENERAL.crashTitle}</h1>
        <p>{GENERAL.crashDetail}</p>
        <code>{crash}</code>
        <p>
          <Button onClick={() => location.reload()}>{CONTRIBUTE.reload}</Button>
        </p>
      </Notice>
    );
  }
}
