/**
 * Text of others for a terminal: control characters, which could move the cursor or hide text,
 * become "?".
 */
export function printable(text: string): string {
  // Also the marks that turn the direction of writing.
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '?');
}
