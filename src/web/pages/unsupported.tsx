import { About } from '../parts/about.tsx';
import { Promises } from '../parts/promises.tsx';
import { StatusPanel } from '../parts/status-panel.tsx';
import { unsupportedSituation } from '../situation.ts';

/** In place of Contribute in a browser that cannot. */
export function UnsupportedPage({ missing }: { readonly missing: readonly string[] }) {
  return (
    <>
      <StatusPanel situation={unsupportedSituation(missing)} onControl={() => {}}>
        <Promises />
      </StatusPanel>
      <About />
    </>
  );
}
