import type { Contender } from '../../agent/browser/workshop.ts';
import styles from './lab.module.css';
import type { Point } from './roofline.ts';

/** A contender's own mark: its form is whose code it is; it is full on WebAssembly, hollow on WebGPU. */
export function RooflineMark({ contender, x, y }: Point & { readonly contender: Contender }) {
  const className = contender.endsWith('webgpu') ? styles.hollow : styles.mark;
  switch (contender) {
    case 'wasm':
    case 'webgpu':
      return <circle className={className} cx={x} cy={y} r={7} />;
    case 'wasm-threads':
      return <path className={className} d={`M${x} ${y - 8}l8 8l-8 8l-8 -8Z`} />;
    case 'ort-wasm':
    case 'ort-webgpu':
      return <rect className={className} x={x - 6} y={y - 6} width={12} height={12} />;
    default:
      return <path className={className} d={`M${x} ${y - 7}l7 13h-14Z`} />;
  }
}
