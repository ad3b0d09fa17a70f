import type { Outcome } from '../../domain/outcome.ts';

/** Where a log's static files can be read, by path below its prefix. */
export type TileReader = {
  /**
   * The bytes of a file, not verified, at most `bytesMax` of them.
   *
   * Errors: "tile_unknown" where there is none; "limit_exceeded" where it is larger; any of a
   * network's or a disk's.
   */
  read(path: string, bytesMax: number): Promise<Outcome<Uint8Array>>;
};
