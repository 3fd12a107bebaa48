/** Pieces of a GenICam description: features and the registers behind them, all big-endian. */

/** Settings change each other, and readings change by themselves: nobody is to remember what was read. */
const ASKED_EACH_TIME = '<Cachable>NoCache</Cachable>';

export const hexOf = (value: number) => `0x${value.toString(16).toUpperCase()}`;

/** An element with children given as text; empty ones are left out. */
export function element(tag: string, name: string, ...children: (string | undefined)[]): string {
  const inner = children.filter((child) => child).map((child) => `      ${child}\n`);
  return `    <${tag} Name="${name}">\n${inner.join('')}    </${tag}>\n`;
}

/** GenApi's schema wants elements in a certain order: display, access, value, limits, unit. */
export interface FeatureText {
  readonly tip: string;
  readonly minimum?: string;
  readonly maximum?: string;
  readonly increment?: string;
  readonly unit?: string;
}

export const tip = (text: string) => `<ToolTip>${text}</ToolTip>`;

type Access = 'RO' | 'RW' | 'WO';

/** A register of any kind: where it lies and what may be done with it, then what is special about it. */
function place(address: number, bytes: number, access: Access): string[] {
  return [
    `<Address>${hexOf(address)}</Address>`,
    `<Length>${bytes}</Length>`,
    `<AccessMode>${access}</AccessMode>`,
    '<pPort>Device</pPort>',
    ASKED_EACH_TIME,
  ];
}

const UNSIGNED = '<Sign>Unsigned</Sign>';
const BIG_ENDIAN = '<Endianess>BigEndian</Endianess>';

export function register(name: string, address: number, access: Access, sign = true): string {
  return element('IntReg', `${name}Reg`, ...place(address, 4, access), sign ? UNSIGNED : undefined, BIG_ENDIAN);
}

/** A feature that is a number and stands before its register. */
function numeric(kind: 'Integer' | 'Float', name: string, text: FeatureText): string {
  const { minimum, maximum, increment, unit } = text;
  const value = `<pValue>${name}Reg</pValue>`;
  return element(kind, name, tip(text.tip), value, minimum, maximum, increment, unit && `<Unit>${unit}</Unit>`);
}

export function integer(name: string, address: number, access: 'RO' | 'RW', text: FeatureText): string {
  return numeric('Integer', name, text) + register(name, address, access);
}

export function float(name: string, address: number, text: Omit<FeatureText, 'increment'>): string {
  return numeric('Float', name, text) + floatRegister(name, address, 'RW');
}

export function floatRegister(name: string, address: number, access: 'RO' | 'RW'): string {
  return element('FloatReg', `${name}Reg`, ...place(address, 8, access), BIG_ENDIAN);
}

export function enumeration(
  name: string,
  address: number,
  access: 'RO' | 'RW',
  help: string,
  entries: readonly (readonly [string, number])[],
): string {
  const texts = entries.map(
    ([entry, value]) => `<EnumEntry Name="${entry}" NameSpace="Standard"><Value>${value}</Value></EnumEntry>`,
  );
  return (
    element('Enumeration', name, tip(help), ...texts, `<pValue>${name}Reg</pValue>`) + register(name, address, access)
  );
}

export function command(name: string, address: number, help: string): string {
  return (
    element('Command', name, tip(help), `<pValue>${name}Reg</pValue>`, '<CommandValue>1</CommandValue>') +
    register(name, address, 'WO')
  );
}

export function boolean(name: string, address: number, access: 'RO' | 'RW', help: string): string {
  return (
    element(
      'Boolean',
      name,
      tip(help),
      `<pValue>${name}Reg</pValue>`,
      '<OnValue>1</OnValue>',
      '<OffValue>0</OffValue>',
    ) + register(name, address, access)
  );
}

export function text(name: string, address: number, bytes: number, access: 'RO' | 'RW', help: string): string {
  return element('StringReg', name, tip(help), ...place(address, bytes, access));
}

/** Bits `msb`..`lsb` of a register; bit 0 is the most significant, as GenApi counts in big-endian registers. */
export function masked(
  name: string,
  address: number,
  access: 'RO' | 'RW',
  msb: number,
  lsb: number,
  help: string,
): string {
  return (
    element('Integer', name, tip(help), `<pValue>${name}Reg</pValue>`) + maskedRegister(name, address, access, msb, lsb)
  );
}

export function maskedRegister(name: string, address: number, access: 'RO' | 'RW', msb: number, lsb: number): string {
  const bits = [`<LSB>${lsb}</LSB>`, `<MSB>${msb}</MSB>`];
  return element('MaskedIntReg', `${name}Reg`, ...place(address, 4, access), ...bits, UNSIGNED, BIG_ENDIAN);
}

/** The largest size that fits the sensor beside its offset. */
export function room(name: string, sensor: string, offset: string): string {
  return element(
    'IntSwissKnife',
    name,
    `<pVariable Name="SENSOR">${sensor}</pVariable>`,
    `<pVariable Name="OFFSET">${offset}</pVariable>`,
    '<Formula>SENSOR - OFFSET</Formula>',
  );
}
