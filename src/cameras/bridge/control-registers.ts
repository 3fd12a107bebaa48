/** Where the controls of a bridged camera live among its registers: one place each for value, limits, availability and reason. */
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { Control, ControlDeclaration, ControlValue } from '../controls.js';
import type { RegisterMemory, WritableRegister } from '../gige-vision/device/register-memory.js';

/** Bytes of a text, and of the reason why a control is unavailable. */
export const TEXT_BYTES = 256;

export interface ControlPlace {
  readonly declaration: ControlDeclaration;
  /** Of the value: 8 bytes for numbers, 4 for switches, choices and commands, `TEXT_BYTES` for texts. */
  readonly value: number;
  readonly valueBytes: number;
  /** Of limits and step, 8 bytes each; null where the control has none. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly step: number | null;
  /** 1 where it can be used. */
  readonly available: number;
  readonly reason: number;
  /** The register's value of each choice. */
  readonly choices: readonly (readonly [name: string, value: number])[];
}

function valueBytesOf({ type }: ControlDeclaration): number {
  if (type === 'integer' || type === 'float') return 8;
  return type === 'text' ? TEXT_BYTES : 4;
}

/** Choices count from 0; those of PixelFormat are the codes of PFNC, as receivers know them. */
function choicesOf({ name, choices }: ControlDeclaration): (readonly [string, number])[] {
  if (name !== 'PixelFormat') return choices.map((choice, index) => [choice.name, index] as const);
  return choices.flatMap((choice) => {
    const format = pixelFormatByName(choice.name);
    return format === undefined ? [] : [[choice.name, format.code] as const];
  });
}

/** The register's value of a choice. A camera may have come to another format than it offered when it was opened: colours that are binned are none. */
function codeOf({ declaration, choices }: ControlPlace, value: ControlValue): number | undefined {
  const choice = choices.find(([name]) => name === value)?.[1];
  return choice ?? (declaration.name === 'PixelFormat' ? pixelFormatByName(String(value))?.code : undefined);
}

/** Lays `controls` out from `begin` on. */
export class ControlRegisters {
  readonly places: readonly ControlPlace[];
  /** The byte behind the last. */
  readonly end: number;

  constructor(controls: readonly ControlDeclaration[], begin: number) {
    let at = begin;
    const take = (bytes: number) => {
      const address = at;
      at += bytes;
      return address;
    };
    this.places = controls.map((declaration) => {
      const { type, minimum, maximum, step } = declaration;
      const isNumber = type === 'integer' || type === 'float';
      const limit = (value: number | null) => (isNumber && value !== null ? take(8) : null);
      const valueBytes = valueBytesOf(declaration);
      return {
        declaration,
        value: take(Math.max(8, valueBytes)),
        valueBytes,
        minimum: limit(minimum),
        maximum: limit(maximum),
        step: type === 'integer' ? limit(step) : null,
        available: take(8),
        reason: take(TEXT_BYTES),
        choices: type === 'choice' ? choicesOf(declaration) : [],
      };
    });
    this.end = at;
  }

  /** What a controller may write. */
  get writable(): WritableRegister[] {
    return this.places
      .filter(({ declaration }) => !declaration.readOnly)
      .map(({ value, valueBytes }) => ({ address: value, bytes: valueBytes }));
  }

  at(address: number): ControlPlace | undefined {
    return this.places.find(({ value }) => value === address);
  }

  named(name: string): ControlPlace | undefined {
    return this.places.find(({ declaration }) => declaration.name === name);
  }

  /** Writes what a control is now into its registers. */
  show(memory: RegisterMemory, control: Control): void {
    const place = this.named(control.name);
    if (place === undefined) return;
    const { declaration, value, minimum, maximum, step, available, reason } = place;
    const number = (address: number | null, given: number | null) => {
      if (address === null || given === null) return;
      if (declaration.type === 'float') memory.setDouble(address, given);
      else memory.set(address, bytesOfInteger(given));
    };
    number(minimum, control.minimum);
    number(maximum, control.maximum);
    number(step, control.step);
    memory.setU32(available, control.unavailable === null ? 1 : 0);
    memory.setText(reason, control.unavailable ?? '', TEXT_BYTES);
    if (control.value === null) return;
    if (declaration.type === 'boolean') memory.setU32(value, control.value === true ? 1 : 0);
    else if (declaration.type === 'text') memory.setText(value, String(control.value), TEXT_BYTES);
    else if (declaration.type === 'choice') {
      const code = codeOf(place, control.value);
      if (code !== undefined) memory.setU32(value, code);
    } else number(value, Number(control.value));
  }

  /** What `bytes`, written to the register of a control, mean; undefined: nothing that it can be. */
  meant({ declaration, choices }: ControlPlace, bytes: Buffer): ControlValue | undefined {
    switch (declaration.type) {
      case 'command':
        return (bytes.readUInt32BE(0) & 1) === 1 ? null : undefined;
      case 'boolean':
        return bytes.readUInt32BE(0) !== 0;
      case 'choice': {
        const written = bytes.readUInt32BE(0);
        return choices.find(([, value]) => value === written)?.[0];
      }
      case 'text': {
        const end = bytes.indexOf(0);
        return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
      }
      case 'integer': {
        const value = Number(bytes.readBigInt64BE(0));
        return Number.isSafeInteger(value) ? value : undefined;
      }
      case 'float': {
        const value = bytes.readDoubleBE(0);
        return Number.isFinite(value) ? value : undefined;
      }
    }
  }
}

function bytesOfInteger(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Math.trunc(value)));
  return bytes;
}
