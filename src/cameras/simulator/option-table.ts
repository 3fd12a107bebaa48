import { sceneNames } from './sky.js';

/** How the text of an option is read. `pair`: a probability and a second value, `p:x`. */
export type OptionKind =
  | 'number'
  | 'integer'
  | 'duration'
  | 'probability'
  | 'pair'
  | 'choice'
  | 'text'
  | 'flag'
  | 'list';

export interface SimulatorOption {
  readonly name: string;
  readonly kind: OptionKind;
  /** What stands for the value in the help; empty for flags. */
  readonly placeholder: string;
  /** As text, in the unit of the option; empty where the model or the situation decides. */
  readonly fallback: string;
  readonly choices?: readonly string[];
  readonly help: string;
}

function option(
  name: string,
  kind: OptionKind,
  placeholder: string,
  fallback: string,
  help: string,
  choices?: readonly string[],
): SimulatorOption {
  return { name, kind, placeholder, fallback, help, ...(choices ? { choices } : {}) };
}

/**
 * The options of `appulse simulate`, which are also the fields of a `sim:` URI. Declared here once; command line, URI
 * and defaults follow from it.
 */
export const simulatorOptionTable: readonly SimulatorOption[] = [
  option('address', 'list', 'A', '127.0.0.1', 'address to listen on; once for each camera'),
  option('port', 'integer', 'P', '3956', 'GVCP port of the first camera; 0 takes any free one'),
  option('count', 'integer', 'N', '1', 'cameras on consecutive ports'),
  option('fps', 'number', 'N', '', 'frames per second (default: by model)'),
  option('format', 'text', 'NAME', '', 'pixel format, e.g. Mono12p (default: by model)'),
  option('width', 'integer', 'PX', '', 'width of the region of interest'),
  option('height', 'integer', 'PX', '', 'height of the region of interest'),
  option('offset-x', 'integer', 'PX', '0', 'left edge of the region of interest'),
  option('offset-y', 'integer', 'PX', '0', 'top edge of the region of interest'),
  option('exposure', 'duration', 'T', '', 'exposure time, e.g. 40ms (default: by model)'),
  option('gain', 'number', 'DB', '0', 'gain in dB, 0 to 24'),
  option('scene', 'choice', 'NAME', 'stars', 'what the camera looks at', sceneNames),
  option('seed', 'integer', 'N', '1', 'seed of scene, faults and serial number'),
  option('gps', 'choice', 'STATE', 'locked', 'what the GPS receiver says', ['locked', 'unlocked', 'searching', 'off']),
  option('fault', 'list', 'LIST', '', 'faults of clock, header and frame order, as below, separated by commas'),
  option('led-start-offset', 'integer', 'NS', '0', 'the exposure really begins so much later than its stamp'),
  option('led-end-offset', 'integer', 'NS', '0', 'the exposure really ends so much later than its stamp'),
  option('origin', 'text', 'TIME', '', 'UTC at which an acquisition begins (default: the host has it)'),
  option('ticks', 'choice', 'SCALE', 'utc', "the leader's time stamp: UTC, from power-on, or TAI as by PTP", [
    'utc',
    'free',
    'ptp',
  ]),
  option('send', 'choice', 'HOW', 'mmsg', 'sendmmsg, UDP_SEGMENT (own native receiver only), node:dgram', [
    'mmsg',
    'gso',
    'dgram',
  ]),
  option('ids', 'choice', 'BITS', '', 'block ids: 16 only, or 64 from the start (default: as the client chooses)', [
    '16',
    '64',
  ]),
  option('packet-size', 'integer', 'BYTES', '', 'packet size until the client sets one (default: 9000 or the MTU)'),
  option('loss', 'probability', 'p', '0', 'a packet is lost; resent packets too'),
  option('burst-loss', 'pair', 'p:len', '0:1', 'from a packet on, len packets are lost'),
  option(
    'reorder',
    'pair',
    'p:depth',
    '0:1',
    'a packet comes 1..depth packets late; p:depth:frame: not past its frame',
  ),
  option('duplicate', 'probability', 'p', '0', 'a packet is sent twice'),
  option('corrupt', 'probability', 'p', '0', 'a packet arrives mangled, as a receiver can tell'),
  option('stall', 'pair', 'p:ms', '0:0', 'sending pauses for ms in the middle of a frame'),
  option('frame-gap', 'probability', 'p', '0', 'a frame is lost in the camera: its block id is skipped'),
  option('vanish-after', 'text', 'frames[:ms]', '', 'falls silent after so many frames, for ms or for good'),
  option('no-resend', 'flag', '', '', 'no packet resend, and no capability for it'),
  option('history', 'integer', 'N', '256', 'frames kept for packet resend'),
  option('truth', 'text', 'FILE', '', 'write what was really sent (NDJSON); camera 2 and on: FILE.2, ...'),
  option('frames', 'integer', 'N', '', 'an acquisition ends after N exposures'),
  option('first-block', 'integer', 'N', '1', 'block id of the first frame'),
  option('exit-with-parent', 'flag', '', '', 'end when standard input closes'),
];

/** Option values as text, by name; flags are `true`. What is absent has its default. */
export type RawOptions = Readonly<Record<string, string | readonly string[] | true>>;
