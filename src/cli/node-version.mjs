// Plain JavaScript without imports: an old Node must get as far as the message.

/** The major version that type stripping, node:sqlite and import.meta.main need. */
const NODE_MAJOR_MIN = 24;

/** Ends the process, saying the remedy, where Node is too old to run any of this. */
export function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return;
  console.error(
    [
      `manyhands needs Node ${NODE_MAJOR_MIN} or later; this is ${process.version} (${process.execPath}).`,
      'In a checkout, "npm ci" brings Node along, unless it ran with --ignore-scripts: run "npm ci"',
      'again without that flag, and start through npm ("npm start", "npx manyhands"). Elsewhere,',
      'install a newer Node: https://nodejs.org/en/download',
    ].join('\n'),
  );
  process.exit(1);
}
