/** `appulse action`: one command that lets several GigE Vision cameras act together, at once or at a set time. */
import type { Command } from 'commander';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import { parseUtc } from '#gps/instant.js';
import { type Action, GVCP_STATUS, statusText } from '#pipeline/wire/gvcp.js';
import { type ActionTarget, requireAction, sendAction } from '#src/cameras/gige-vision/action-command.js';
import { CameraError } from '#src/cameras/gige-vision/camera-error.js';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { gigeUri, parseGigeUri } from '#src/cameras/gige-vision/uri.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand, settingsOf } from './command-line.js';

export function actionCommand(): Command {
  const action = command(
    'action',
    'send an action command (GigE Vision) to cameras, which act as their ActionSelector features say; needs control of none',
    'appulse action --camera gige:10.0.5.20 --camera gige:10.0.5.21 --at +2s',
  );
  return addSettings(action, ['camera.uri'])
    .option('--broadcast', 'to every camera of every network of this machine instead')
    .option('--device-key <n>', "the cameras' ActionDeviceKey", '1')
    .option('--group-key <n>', "the cameras' ActionGroupKey", '1')
    .option('--group-mask <n>', "one bit in common with the cameras' ActionGroupMask", '0xffffffff')
    .option('--at <time>', 'UTC, or a distance from now such as +2s; needs PTP (default: at once)')
    .option('--timeout <duration>', 'how long answers are waited for', '500ms')
    .action((options: Record<string, unknown>) => runCommand(options.json === true, () => act(options)));
}

async function act(options: Record<string, unknown>): Promise<number> {
  const action: Action = {
    deviceKey: word('device-key', options.deviceKey),
    groupKey: word('group-key', options.groupKey),
    groupMask: word('group-mask', options.groupMask),
    time: options.at === undefined ? null : utcToTai(timeOf(String(options.at))),
  };
  const timeoutMs = Number(parseDuration(String(options.timeout))) / 1e6;
  if (!(timeoutMs > 0 && timeoutMs <= 60_000))
    throw new UsageError('usage.timeout', `--timeout ${options.timeout}: write a duration up to 60s`);
  const targets = options.broadcast === true ? 'broadcast' : await targetsOf(options);
  if (targets !== 'broadcast') for (const target of targets) await requireAction(target, action.time !== null);
  const answers = await sendAction(action, targets, timeoutMs);
  const silent = targets === 'broadcast' ? 0 : targets.length - answers.length;
  const cameras = answers.map(({ address, port, status }) => ({
    camera: gigeUri(address, port),
    status,
    text: statusText(status),
  }));
  if (options.json === true) printJson({ action: { ...action, time: action.time }, cameras, silent });
  else if (cameras.length > 0)
    printTable(
      ['CAMERA', 'ANSWER'],
      cameras.map(({ camera, text }) => [camera, text]),
    );
  if (silent > 0 || cameras.length === 0)
    process.stderr.write(
      `${targets === 'broadcast' ? 'no camera' : `${silent} of ${targets.length} cameras did not`} answer: their keys may be others, and cameras act for a program that controls them only\n`,
    );
  const done = cameras.length > 0 && silent === 0 && answers.every(({ status }) => status === GVCP_STATUS.success);
  return done ? EXIT.done : EXIT.failed;
}

async function targetsOf(options: Record<string, unknown>): Promise<ActionTarget[]> {
  const uris = settingsOf(options).values['camera.uri'] ?? [];
  if (uris.length === 0)
    throw new UsageError('usage.camera', 'name cameras with --camera gige:..., or give --broadcast');
  const named = uris.map(parseGigeUri);
  const serials = named.flatMap((target) => (target.kind === 'serial' ? [target.serial] : []));
  const devices = serials.length === 0 ? [] : await discover();
  return named.map((target) => {
    if (target.kind === 'address') return { host: target.host, port: target.port };
    const { serial } = target;
    const found = devices.find(({ description: { serial: own, userName } }) => own === serial || userName === serial);
    if (found !== undefined) return { host: found.address, port: found.port };
    throw new CameraError('camera.not-found', `no GigE Vision camera has the serial number or name ${serial}`);
  });
}

function timeOf(text: string): bigint {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const utcNs = text.startsWith('+') ? nowNs + parseDuration(text.slice(1)) : given(text);
  if (utcNs > nowNs) return utcNs;
  throw new UsageError('usage.time', `--at ${text} is over`);
}

function given(text: string): bigint {
  try {
    return parseUtc(text);
  } catch (cause) {
    throw new UsageError('usage.time', `--at ${text}: not a UTC time such as 2026-11-20T19:00:00.5, nor +2s`, {
      cause,
    });
  }
}

function word(option: string, text: unknown): number {
  const value = Number(text);
  if (/^(0x[0-9a-f]+|\d+)$/i.test(String(text)) && value <= 0xffffffff) return value;
  throw new UsageError('usage.action', `--${option} ${text}: a whole number of 32 bits, such as 1 or 0x80000001`);
}
