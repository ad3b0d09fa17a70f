import { LEASES_MAX } from '../domain/limits.ts';

declare const brand: unique symbol;

/** Names one lease for ever: its slot, and how often that slot was used. A safe integer. */
export type LeaseNumber = number & { readonly [brand]: 'LeaseNumber' };
/** Names one task for ever, in the same way. */
export type TaskNumber = number & { readonly [brand]: 'TaskNumber' };

/** The number of a slot in its `serial`-th use. */
export function numberOf<Name extends LeaseNumber | TaskNumber>(
  slot: number,
  serial: number,
): Name {
  // What the two brands stand for.
  return (serial * LEASES_MAX + slot) as Name;
}

/** The slot that a number names, whoever made it up: a whole number from 0 on, or NaN. */
export function slotIn(number: number): number {
  return number - Math.floor(number / LEASES_MAX) * LEASES_MAX;
}

/** The use of the slot that a number names. */
export function serialIn(number: number): number {
  return Math.floor(number / LEASES_MAX);
}
