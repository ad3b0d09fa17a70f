/** What kinds of machines take part, and how fast one is against a laptop's lane. */
export const DEVICE_CLASSES = {
  phone: { kind: 'browser', lanes: 1, slowness: 4, memoryBytes: 512 * 1024 * 1024 },
  laptop: { kind: 'browser', lanes: 2, slowness: 1, memoryBytes: 2 * 1024 * 1024 * 1024 },
  workstation: { kind: 'native', lanes: 4, slowness: 0.4, memoryBytes: 8 * 1024 * 1024 * 1024 },
} as const;
export type DeviceClass = keyof typeof DEVICE_CLASSES;

// The keys of a constant object are its type's.
export const DEVICE_NAMES = Object.keys(DEVICE_CLASSES) as readonly DeviceClass[];
