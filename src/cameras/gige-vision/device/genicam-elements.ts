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

export function register(name: string, address: number, access: 'RO' | 'RW' | 'WO', sign = true): string {
  return element(
    'IntReg',
    `${name}Reg`,
    `<Address>${hexOf(address)}</Address>`,
    '<Length>4</Length>',
    `<AccessMode>${access}</AccessMode>`,
    '<pPort>Device</pPort>',
    ASKED_EACH_TIME,
    sign ? '<Sign>Unsigned</Sign>' : undefined,
    '<Endianess>BigEndian</Endianess>',
  );
}

export function integer(name: string, address: number, access: 'RO' | 'RW', text: FeatureText): string {
  return (
    element(
      'Integer',
      name,
      tip(text.tip),
      `<pValue>${name}Reg</pValue>`,
      text.minimum,
      text.maximum,
      text.increment,
      text.unit && `<Unit>${text.unit}</Unit>`,
    ) + register(name, address, access)
  );
}

export function float(name: string, address: number, text: FeatureText): string {
  return (
    element(
      'Float',
      name,
      tip(text.tip),
      `<pValue>${name}Reg</pValue>`,
      text.minimum,
      text.maximum,
      text.unit && `<Unit>${text.unit}</Unit>`,
    ) + floatRegister(name, address, 'RW')
  );
}

export function floatRegister(name: string, address: number, access: 'RO' | 'RW'): string {
  return element(
    'FloatReg',
    `${name}Reg`,
    `<Address>${hexOf(address)}</Address>`,
    '<Length>8</Length>',
    `<AccessMode>${access}</AccessMode>`,
    '<pPort>Device</pPort>',
    ASKED_EACH_TIME,
    '<Endianess>BigEndian</Endianess>',
  );
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
  return element(
    'StringReg',
    name,
    tip(help),
    `<Address>${hexOf(address)}</Address>`,
    `<Length>${bytes}</Length>`,
    `<AccessMode>${access}</AccessMode>`,
    '<pPort>Device</pPort>',
    ASKED_EACH_TIME,
  );
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
  return element(
    'MaskedIntReg',
    `${name}Reg`,
    `<Address>${hexOf(address)}</Address>`,
    '<Length>4</Length>',
    `<AccessMode>${access}</AccessMode>`,
    '<pPort>Device</pPort>',
    ASKED_EACH_TIME,
    `<LSB>${lsb}</LSB>`,
    `<MSB>${msb}</MSB>`,
    '<Sign>Unsigned</Sign>',
    '<Endianess>BigEndian</Endianess>',
  );
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
