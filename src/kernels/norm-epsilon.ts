/** What is added to a variance or mean square before its root is taken; the kernels repeat it. */
export const NORM_EPSILON = 1e-5;
