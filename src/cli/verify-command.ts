import type { Command } from 'commander';
import type { Surroundings } from './command.ts';

export type VerifyOptions = {
  readonly from?: string;
  readonly archive?: string;
  readonly level?: string;
  readonly tile?: string;
  readonly function?: string;
  readonly key?: string;
  readonly row?: string;
  readonly log?: string;
  readonly policy?: string;
  readonly promise?: string;
  readonly json?: true;
};

const HELP = `
Nothing that the source says is believed. Levels, each with what the first one has:
  consistency   the checkpoint is signed, and the log grew out of the one that was seen before
  balance       --key AGENT: its credits lead to a state root that the log's key claimed;
                with --function ID --row KEY any other row of state
  tile          --tile N: hash and signature of each of its 256 entries
  full          hash and signature of every entry, and all functions evaluated again against every
                state root that was claimed (the default)

What was seen last is pinned in ~/.manyhands/pins, so that a log that shows another history later is
found out; the proof of it is kept there. The first time, the log's key is the one that the source
tells: name it with --log, or a policy file with --policy, if you have it from elsewhere.

  npx manyhands verify
  npx manyhands verify --from https://many.example --key AbC…
  npx manyhands verify --from ./copy-of-the-record --log 'log.example+1234abcd+AX…' --json
  npx manyhands verify --from archive --archive https://arweave.net --log 'log.example+1234abcd+AX…'

What the log promised you ("manyhands fn write") is kept in ~/.manyhands/promises until it is found to
stand where it was promised. A promise that was broken is shown with its proof, which anybody checks:

  npx manyhands verify --promise 17-AbC….broken --log 'log.example+1234abcd+AX…'

It ends with 6 where something is not as it should be, and names the first entry that differs.`;

/** Adds `verify`. */
export function addVerify(program: Command, surroundings: Surroundings): void {
  program
    .command('verify')
    .description('check the record of a network, down to evaluating it again')
    .option(
      '--from <url|folder|archive>',
      'an orchestrator, a folder with its files, or the archive',
    )
    .option(
      '--archive <dir|url>',
      'where that is (MANYHANDS_ARCHIVE; default ~/.manyhands/archive)',
    )
    .option('--level <level>', 'consistency, balance, tile or full (default)')
    .option('--tile <number>', 'the tile to check, from 0 on')
    .option('--function <id>', 'tell also what the actions of this function came to')
    .option('--key <agent>', 'the agent whose credits shall be proven')
    .option('--row <key>', 'the row of --function that shall be proven')
    .option('--log <key>', "the log's key: name+id+key, as its operator published it")
    .option('--policy <file>', 'whose log it must be and who must have seen it (C2SP tlog-policy)')
    .option('--promise <file>', 'check the proof of a broken promise, offline, and nothing else')
    .option('--json', 'write JSON to stdout')
    .addHelpText('after', HELP)
    .action(async (options: VerifyOptions) => {
      // Loaded only now: no other command needs all this.
      const { verify } = await import('./verify-course.ts');
      const outcome = await verify(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}
