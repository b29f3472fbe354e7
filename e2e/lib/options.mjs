import { parseArgs } from 'node:util';

const WRONG_USAGE = 2;

/**
 * What the command line of a proof in rounds says; ends the process where it asks for help, or is wrong.
 *
 * @param {string} command its name, for messages
 * @param {string} usage what help is
 * @param {{rounds: number, streams: number}} defaults
 * @returns {{rounds: number, streams: number, seed: number}}
 */
export function roundsOptions(command, usage, defaults) {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: String(defaults.rounds) },
        streams: { type: 'string', default: String(defaults.streams) },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    return {
      rounds: positive('rounds', values.rounds),
      streams: positive('streams', values.streams),
      seed: positive('seed', values.seed),
    };
  } catch (error) {
    console.error(`${command}: ${error.message}`);
    return process.exit(WRONG_USAGE);
  }
}

function positive(name, value) {
  if (!/^[0-9]{1,9}$/.test(value)) throw new Error(`--${name} takes a whole number, not ${value}`);
  return Number(value);
}
