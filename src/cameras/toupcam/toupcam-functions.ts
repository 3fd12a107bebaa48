/**
 * Every function of the Toupcam SDK that the driver calls, with its signature (toupcam.h, versions 53 to 59) and what cannot be done
 * without it. The brands that ToupTek makes cameras for give the same functions under a prefix of their own.
 */
import { basename } from 'node:path';
import { proto } from 'koffi';
import type { ForeignFunction, LibraryTable } from '../sdk/library.js';

/** A brand of the SDK: prefix of its functions, and whose cameras they are. Its library is `lib` + prefix in small letters + `.so`. */
export interface ToupcamBrand {
  readonly prefix: string;
  readonly vendor: string;
}

const TOUPTEK: ToupcamBrand = { prefix: 'Toupcam', vendor: 'ToupTek' };

export const TOUPCAM_BRANDS: readonly ToupcamBrand[] = [
  TOUPTEK,
  { prefix: 'Altaircam', vendor: 'Altair' },
  { prefix: 'Bressercam', vendor: 'Bresser' },
  { prefix: 'Mallincam', vendor: 'MallinCam' },
  { prefix: 'Meadecam', vendor: 'Meade' },
  { prefix: 'Nncam', vendor: 'Levenhuk' },
  { prefix: 'Ogmacam', vendor: 'OGMA' },
  { prefix: 'Omegonprocam', vendor: 'Omegon' },
  { prefix: 'Starshootg', vendor: 'Orion' },
  { prefix: 'Svbonycam', vendor: 'SVBONY' },
  { prefix: 'Tscam', vendor: 'Teleskop-Service' },
];

/** The brand of a library, by the name of its file; ToupTek's where it names none. */
export function brandOfLibrary(path: string | null): ToupcamBrand {
  const name = basename(path ?? '').toLowerCase();
  return TOUPCAM_BRANDS.find(({ prefix }) => name.startsWith(`lib${prefix.toLowerCase()}`)) ?? TOUPTEK;
}

/** What the SDK calls from its own thread. */
export const EVENT_CALLBACK = proto('void AppulseToupcamEvent(unsigned int event, void *context)');
export const HOTPLUG_CALLBACK = proto('void AppulseToupcamHotPlug(void *context)');

/** Result, arguments behind the handle (null: no handle either), and what is lost without it (null: everything). */
type Row = readonly [result: string, args: string, feature: string | null];

const NUMBER = 'int value';
const NUMBER_AT = 'void *value';
const SETTING = (what: string): readonly [Row, Row] => [
  ['int', NUMBER, what],
  ['int', NUMBER_AT, what],
];

const [putHue, getHue] = SETTING('hue');
const [putSaturation, getSaturation] = SETTING('saturation');
const [putContrast, getContrast] = SETTING('contrast');
const [putBrightness, getBrightness] = SETTING('brightness');
const [putGamma, getGamma] = SETTING('gamma');

const OF_CAMERA = {
  StartPullModeWithCallback: ['int', 'AppulseToupcamEvent *callback, void *context', null],
  Stop: ['int', '', null],
  Close: ['void', '', null],
  PullImageV4: ['int', 'void *pixels, int still, int bits, int rowPitch, void *info', null],
  Trigger: ['int', 'uint16_t count', 'single frames and software triggers'],
  put_Option: ['int', 'unsigned int option, int value', null],
  get_Option: ['int', 'unsigned int option, void *value', null],
  put_ExpoTime: ['int', 'unsigned int microseconds', null],
  get_ExpoTime: ['int', 'void *microseconds', null],
  get_ExpTimeRange: ['int', 'void *least, void *most, void *preset', null],
  put_ExpoAGain: ['int', 'uint16_t percent', 'gain'],
  get_ExpoAGain: ['int', 'void *percent', 'gain'],
  get_ExpoAGainRange: ['int', 'void *least, void *most, void *preset', 'gain'],
  put_AutoExpoEnable: ['int', 'int on', 'automatic exposure'],
  get_AutoExpoEnable: ['int', 'void *on', 'automatic exposure'],
  put_Roi: ['int', 'unsigned int x, unsigned int y, unsigned int width, unsigned int height', 'regions'],
  get_Roi: ['int', 'void *x, void *y, void *width, void *height', 'regions'],
  put_eSize: ['int', 'unsigned int index', 'resolutions'],
  get_eSize: ['int', 'void *index', 'resolutions'],
  get_FinalSize: ['int', 'void *width, void *height', null],
  get_RawFormat: ['int', 'void *fourCc, void *bits', 'the Bayer pattern and the depth as the camera tells them'],
  get_MaxBitDepth: ['int', '', 'depths above 8 bit'],
  put_Temperature: ['int', 'int16_t tenths', 'the target of the cooler'],
  get_Temperature: ['int', 'void *tenths', 'the temperature'],
  get_SerialNumber: ['int', 'void *text', 'opening by serial number'],
  get_FwVersion: ['int', 'void *text', 'the version of the firmware'],
  get_HwVersion: ['int', 'void *text', 'the version of the hardware'],
  get_FpgaVersion: ['int', 'void *text', 'the version of the FPGA'],
  get_ProductionDate: ['int', 'void *text', 'the date of production'],
  get_Revision: ['int', 'void *revision', 'the revision'],
  put_RealTime: ['int', NUMBER, 'the real-time mode'],
  get_RealTime: ['int', NUMBER_AT, 'the real-time mode'],
  put_Speed: ['int', 'uint16_t speed', 'the speed of the connection'],
  get_Speed: ['int', NUMBER_AT, 'the speed of the connection'],
  put_Mode: ['int', 'int skip', 'rows that are added up instead of left out in small resolutions'],
  put_HZ: ['int', NUMBER, 'an exposure free of the flicker of lamps'],
  put_Hue: putHue,
  get_Hue: getHue,
  put_Saturation: putSaturation,
  get_Saturation: getSaturation,
  put_Contrast: putContrast,
  get_Contrast: getContrast,
  put_Brightness: putBrightness,
  get_Brightness: getBrightness,
  put_Gamma: putGamma,
  get_Gamma: getGamma,
  put_WhiteBalanceGain: ['int', 'void *gains', 'the white balance'],
  get_WhiteBalanceGain: ['int', 'void *gains', 'the white balance'],
  AwbInit: ['int', 'void *callback, void *context', 'the automatic white balance'],
  put_BlackBalance: ['int', 'void *levels', 'the black balance'],
  get_BlackBalance: ['int', 'void *levels', 'the black balance'],
  AbbOnce: ['int', 'void *callback, void *context', 'the automatic black balance'],
  put_LevelRange: ['int', 'void *low, void *high', 'the range of levels'],
  get_LevelRange: ['int', 'void *low, void *high', 'the range of levels'],
  ST4PlusGuide: ['int', 'unsigned int direction, unsigned int milliseconds', 'guide pulses'],
} as const satisfies Readonly<Record<string, Row>>;

const OF_LIBRARY = {
  Version: ['const char *', 'void', 'the version of the library'],
  EnumV2: ['unsigned int', 'void *devices', null],
  Open: ['void *', 'const char *id', null],
  HotPlug: [
    'void',
    'AppulseToupcamHotPlug *callback, void *context',
    'word of cameras that are plugged in or pulled out',
  ],
  GigeEnable: [
    'int',
    'AppulseToupcamHotPlug *callback, void *context',
    "cameras at a network, but for those that speak GigE Vision ('gige:')",
  ],
} as const satisfies Readonly<Record<string, Row>>;

/** Functions whose first argument is an open camera. */
export type CameraFunction = keyof typeof OF_CAMERA;
export type ToupcamFunction = CameraFunction | keyof typeof OF_LIBRARY;

/** The table of a brand's library; functions are named without its prefix. */
export function toupcamTable({ prefix, vendor }: ToupcamBrand): LibraryTable<ToupcamFunction> {
  const declare = ([name, [result, args, feature]]: [string, Row], handle: string): [string, ForeignFunction] => {
    const all = [handle, args].filter((part) => part !== '').join(', ');
    return [name, { signature: `${result} ${prefix}_${name}(${all})`, feature }];
  };
  const functions = Object.fromEntries([
    ...Object.entries<Row>(OF_LIBRARY).map((entry) => declare(entry, '')),
    ...Object.entries<Row>(OF_CAMERA).map((entry) => declare(entry, 'void *camera')),
  ]) as Record<ToupcamFunction, ForeignFunction>;
  return {
    title: `${prefix} SDK of ${vendor}`,
    environment: 'TOUPCAM_LIB',
    setting: '--toupcam-library',
    fileNames: [`lib${prefix.toLowerCase()}.so`],
    functions,
  };
}
