// Apart, because it brings the kernels along: loaded when somebody begins to write one.
export { wgslContract } from '../../kernels/workshop/wgsl-draft.ts';
