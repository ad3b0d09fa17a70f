import type { Check } from '../check.ts';

/** Made wherever blocks are read or written: `data`'s readers give no byte that does not fit. */
export const DIGEST: Check = {
  name: 'digest',
  soundness:
    'Bytes that are not those of their content id pass only with a collision of sha-256: nobody ' +
    'can show one bytes and have others used.',
  cost: 'One sha-256 of the bytes that are read, by leaves of 256 KiB.',
  tolerance: 'None.',
};
