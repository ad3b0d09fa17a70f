/** The smallest normal f32; between it and zero lie the subnormals, which GPUs may flush. */
export const NORMAL_MIN = 2 ** -126;
/** The largest finite f32. */
export const FLOAT32_MAX = 2 ** 128 - 2 ** 104;
/** Half of the distance from 1 to the next f32: the relative error of one rounding. */
export const UNIT_ROUNDOFF = 2 ** -24;
