/** GenICam features of controls: one of the right kind each, with what it may be, whether it can be used now, and why not. */
import { CONTROL_GROUPS, type ControlDeclaration, type ControlGroup } from '../controls.js';
import { DEFAULT_EXTENSION } from '../gige-vision/controls/default-value.js';
import { element, hexOf } from '../gige-vision/device/genicam-elements.js';
import type { FeatureGroup } from '../gige-vision/device/standard-features.js';
import { type ControlPlace, TEXT_BYTES } from './control-registers.js';

/** What frames look like is always known, also while it cannot be set. */
const ALWAYS_KNOWN: ReadonlySet<string> = new Set([
  'Width',
  'Height',
  'OffsetX',
  'OffsetY',
  'PixelFormat',
  'ExposureTime',
  'GpsHeader',
]);

/** One category for each group that has controls, named as the group is, or by `GainControl` where there is a control Gain. */
export function controlGroups(places: readonly ControlPlace[]): FeatureGroup[] {
  return CONTROL_GROUPS.flatMap((group): FeatureGroup[] => {
    const own = places.filter(({ declaration }) => declaration.group === group);
    if (own.length === 0) return [];
    const names = own.map(({ declaration }) => declaration.name);
    return [[categoryOf(group, places), names, own.map(featureOf).join('')]];
  });
}

/** Names in a description stand for one thing each: `Device` is the port of all registers there, and DeviceControl holds what every camera has. */
function categoryOf(group: ControlGroup, places: readonly ControlPlace[]): string {
  if (group === 'Device') return 'DeviceInformation';
  return places.some(({ declaration }) => declaration.name === group) ? `${group}Control` : group;
}

/** Text between tags. */
export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function featureOf(place: ControlPlace): string {
  const { declaration } = place;
  const { name, type } = declaration;
  const kind = KINDS[type];
  const about = [
    extension(declaration),
    `<ToolTip>${xmlText(declaration.help)}</ToolTip>`,
    `<DisplayName>${xmlText(declaration.label)}</DisplayName>`,
    '<Visibility>Beginner</Visibility>',
    ALWAYS_KNOWN.has(name) ? undefined : `<pIsAvailable>${name}Available</pIsAvailable>`,
    declaration.shapesFrames && !declaration.readOnly ? '<pIsLocked>TLParamsLocked</pIsLocked>' : undefined,
    // What belongs into a file of settings, and what must not come back by itself.
    declaration.kept ? '<Streamable>Yes</Streamable>' : undefined,
  ];
  const access = type === 'command' ? 'WO' : declaration.readOnly ? 'RO' : 'RW';
  const limits = numberLimits(place);
  const reasons =
    fixed('IntReg', `${name}Available`, place.available, 4, 'RO', integerEnd) +
    fixed('StringReg', `${name}Unavailable`, place.reason, TEXT_BYTES, 'RO', []);
  if (type === 'text') {
    const head = element('StringReg', name, ...about, ...registerOf(place.value, TEXT_BYTES, access));
    return head + reasons;
  }
  const own = {
    integer: limits,
    float: limits,
    boolean: ['<OnValue>1</OnValue>', '<OffValue>0</OffValue>'],
    command: ['<CommandValue>1</CommandValue>'],
    choice: [],
  }[type];
  const entries = place.choices.map(([choice, value]) => {
    const label = declaration.choices.find((one) => one.name === choice)?.label ?? choice;
    return `<EnumEntry Name="${xmlText(choice)}"><DisplayName>${xmlText(label)}</DisplayName><Value>${value}</Value></EnumEntry>`;
  });
  const unit = declaration.unit === null || !isNumber(type) ? undefined : `<Unit>${xmlText(declaration.unit)}</Unit>`;
  const head = element(kind, name, ...about, ...entries, `<pValue>${name}Reg</pValue>`, ...own, unit);
  const register =
    type === 'float'
      ? fixed('FloatReg', `${name}Reg`, place.value, 8, access, floatEnd)
      : fixed(
          'IntReg',
          `${name}Reg`,
          place.value,
          place.valueBytes,
          access,
          type === 'integer' ? signedEnd : integerEnd,
        );
  return head + register + limitRegisters(place) + reasons;
}

/** GenICam has no word for a default: it stands in the place that is left to makers, for our own reader. */
function extension({ default: value }: ControlDeclaration): string | undefined {
  return value === null
    ? undefined
    : `<Extension><${DEFAULT_EXTENSION}>${xmlText(String(value))}</${DEFAULT_EXTENSION}></Extension>`;
}

const KINDS = {
  integer: 'Integer',
  float: 'Float',
  boolean: 'Boolean',
  choice: 'Enumeration',
  text: 'StringReg',
  command: 'Command',
} as const;

const isNumber = (type: string): boolean => type === 'integer' || type === 'float';
const floatEnd = ['<Endianess>BigEndian</Endianess>'];
const integerEnd = ['<Sign>Unsigned</Sign>', ...floatEnd];
const signedEnd = ['<Sign>Signed</Sign>', ...floatEnd];

/** Values change by themselves, or with other controls: nobody is to remember them. */
function registerOf(address: number, bytes: number, access: 'RO' | 'RW' | 'WO'): string[] {
  return [
    `<Address>${hexOf(address)}</Address>`,
    `<Length>${bytes}</Length>`,
    `<AccessMode>${access}</AccessMode>`,
    '<pPort>Device</pPort>',
    '<Cachable>NoCache</Cachable>',
  ];
}

function fixed(
  tag: string,
  name: string,
  address: number,
  bytes: number,
  access: 'RO' | 'RW' | 'WO',
  end: readonly string[],
): string {
  return element(tag, name, '<Visibility>Invisible</Visibility>', ...registerOf(address, bytes, access), ...end);
}

function numberLimits({ declaration: { name }, minimum, maximum, step }: ControlPlace): (string | undefined)[] {
  return [
    minimum === null ? undefined : `<pMin>${name}MinReg</pMin>`,
    maximum === null ? undefined : `<pMax>${name}MaxReg</pMax>`,
    step === null ? undefined : `<pInc>${name}IncReg</pInc>`,
  ];
}

function limitRegisters({ declaration: { name, type }, minimum, maximum, step }: ControlPlace): string {
  const limit = (suffix: string, address: number | null) => {
    if (address === null) return '';
    return type === 'float'
      ? fixed('FloatReg', `${name}${suffix}Reg`, address, 8, 'RO', floatEnd)
      : fixed('IntReg', `${name}${suffix}Reg`, address, 8, 'RO', signedEnd);
  };
  return limit('Min', minimum) + limit('Max', maximum) + limit('Inc', step);
}
