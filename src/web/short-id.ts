/** How many characters of an agent's id everyone may see. */
const SHORT_ID_CHARS = 8;

/** The part of an agent's id by which people find it, as the network shows it too. */
export function shortIdOf(agentId: string): string {
  return agentId.slice(0, SHORT_ID_CHARS);
}
