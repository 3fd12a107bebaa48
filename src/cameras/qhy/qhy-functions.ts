/**
 * Every function of QHYCCD's library that the driver calls, as the maker's header declares it (qhyccd.h of SDK 25.09.29; the card's two
 * as EZCAP_QT calls them; GetQHYCCDLastError as new versions have it). Text that is written comes into memory of ours: `uint8_t *`.
 */
import type { ForeignFunction, LibraryTable } from '../sdk/library.js';

const NEEDED = null;
/** A function of a camera's handle that answers with a code. */
const of = (name: string, rest: string, feature: string | null): ForeignFunction => ({
  signature: `uint32_t ${name}(void *handle${rest === '' ? '' : `, ${rest}`})`,
  feature,
});
/** One that answers with nothing. */
const silent = (name: string, rest: string, feature: string): ForeignFunction => ({
  signature: `void ${name}(void *handle${rest === '' ? '' : `, ${rest}`})`,
  feature,
});
const FRAME = 'uint32_t *width, uint32_t *height, uint32_t *bits, uint32_t *channels, uint8_t *pixels';
const RECTANGLE = 'uint32_t *x, uint32_t *y, uint32_t *width, uint32_t *height';

const functions = {
  // The library and the list of cameras
  InitQHYCCDResource: { signature: 'uint32_t InitQHYCCDResource(void)', feature: NEEDED },
  ReleaseQHYCCDResource: { signature: 'uint32_t ReleaseQHYCCDResource(void)', feature: NEEDED },
  ScanQHYCCD: { signature: 'uint32_t ScanQHYCCD(void)', feature: NEEDED },
  GetQHYCCDId: { signature: 'uint32_t GetQHYCCDId(uint32_t index, uint8_t *id)', feature: NEEDED },
  SetQHYCCDAutoDetectCamera: {
    signature: 'void SetQHYCCDAutoDetectCamera(bool enable)',
    feature: "keeping the library's own hot-plug thread off",
  },
  GetQHYCCDSDKVersion: {
    signature: 'uint32_t GetQHYCCDSDKVersion(uint32_t *year, uint32_t *month, uint32_t *day, uint32_t *subday)',
    feature: "the library's version",
  },
  GetQHYCCDLastError: { signature: 'const char *GetQHYCCDLastError(void)', feature: "the library's words of an error" },
  GetQHYCCDPCIECardNum: {
    signature: 'uint32_t GetQHYCCDPCIECardNum(uint32_t *number)',
    feature: 'the number of fibre cards',
  },
  GetQHYCCDPCIECardVer: {
    signature:
      'uint32_t GetQHYCCDPCIECardVer(uint32_t index, uint32_t *year, uint32_t *month, uint32_t *day, uint32_t *subday)',
    feature: "a fibre card's version",
  },
  // A camera
  OpenQHYCCD: { signature: 'void *OpenQHYCCD(const char *id)', feature: NEEDED },
  CloseQHYCCD: of('CloseQHYCCD', '', NEEDED),
  SetQHYCCDStreamMode: of('SetQHYCCDStreamMode', 'uint8_t mode', NEEDED),
  InitQHYCCD: of('InitQHYCCD', '', NEEDED),
  GetQHYCCDChipInfo: of(
    'GetQHYCCDChipInfo',
    'double *chipWidth, double *chipHeight, uint32_t *width, uint32_t *height, double *pixelWidth, double *pixelHeight, uint32_t *bits',
    NEEDED,
  ),
  GetQHYCCDFWVersion: of('GetQHYCCDFWVersion', 'uint8_t *version', "the firmware's version"),
  GetQHYCCDFPGAVersion: of('GetQHYCCDFPGAVersion', 'uint8_t index, uint8_t *version', "the FPGA's version"),
  IsQHYCCDControlAvailable: of('IsQHYCCDControlAvailable', 'int control', NEEDED),
  GetQHYCCDParam: { signature: 'double GetQHYCCDParam(void *handle, int control)', feature: NEEDED },
  SetQHYCCDParam: of('SetQHYCCDParam', 'int control, double value', NEEDED),
  GetQHYCCDParamMinMaxStep: of(
    'GetQHYCCDParamMinMaxStep',
    'int control, double *minimum, double *maximum, double *step',
    NEEDED,
  ),
  // What frames look like
  GetQHYCCDNumberOfReadModes: of('GetQHYCCDNumberOfReadModes', 'uint32_t *number', 'read modes'),
  GetQHYCCDReadModeName: of('GetQHYCCDReadModeName', 'uint32_t mode, uint8_t *name', 'names of read modes'),
  GetQHYCCDReadModeResolution: of(
    'GetQHYCCDReadModeResolution',
    'uint32_t mode, uint32_t *width, uint32_t *height',
    'sizes of read modes',
  ),
  SetQHYCCDReadMode: of('SetQHYCCDReadMode', 'uint32_t mode', 'read modes'),
  SetQHYCCDDebayerOnOff: of('SetQHYCCDDebayerOnOff', 'bool on', "keeping the library's debayering off"),
  SetQHYCCDBitsMode: of('SetQHYCCDBitsMode', 'uint32_t bits', NEEDED),
  SetQHYCCDBinMode: of('SetQHYCCDBinMode', 'uint32_t width, uint32_t height', NEEDED),
  SetQHYCCDResolution: of('SetQHYCCDResolution', 'uint32_t x, uint32_t y, uint32_t width, uint32_t height', NEEDED),
  GetQHYCCDCurrentROI: of('GetQHYCCDCurrentROI', RECTANGLE, 'reading the region back'),
  GetQHYCCDEffectiveArea: of('GetQHYCCDEffectiveArea', RECTANGLE, "the sensor's effective area"),
  GetQHYCCDOverScanArea: of('GetQHYCCDOverScanArea', RECTANGLE, "the sensor's overscan area"),
  GetQHYCCDMemLength: of('GetQHYCCDMemLength', '', NEEDED),
  EnableQHYCCDImageOSD: of('EnableQHYCCDImageOSD', 'uint32_t kind', 'the text in the image'),
  // Frames
  ExpQHYCCDSingleFrame: of('ExpQHYCCDSingleFrame', '', NEEDED),
  GetQHYCCDSingleFrame: of('GetQHYCCDSingleFrame', FRAME, NEEDED),
  CancelQHYCCDExposingAndReadout: of('CancelQHYCCDExposingAndReadout', '', NEEDED),
  BeginQHYCCDLive: of('BeginQHYCCDLive', '', NEEDED),
  GetQHYCCDLiveFrame: of('GetQHYCCDLiveFrame', FRAME, NEEDED),
  StopQHYCCDLive: of('StopQHYCCDLive', '', NEEDED),
  ResetQHYCCDFrameCounter: of('ResetQHYCCDFrameCounter', '', 'resetting the frame counter'),
  // When rows are exposed
  GetQHYCCDPreciseExposureInfo: of(
    'GetQHYCCDPreciseExposureInfo',
    'uint32_t *pixelPeriodPs, uint32_t *linePeriodNs, uint32_t *framePeriodUs, uint32_t *clocksPerLine, uint32_t *linesPerFrame, uint32_t *actualExposureUs, uint8_t *longExposure',
    "the camera's own line period",
  ),
  GetQHYCCDRollingShutterEndOffset: of(
    'GetQHYCCDRollingShutterEndOffset',
    'uint32_t row, double *offsetUs',
    'the end of exposure of each row',
  ),
  // Burst mode and what belongs to it
  EnableQHYCCDBurstMode: of('EnableQHYCCDBurstMode', 'bool on', 'burst mode'),
  SetQHYCCDBurstModeStartEnd: of('SetQHYCCDBurstModeStartEnd', 'uint16_t start, uint16_t end', 'burst mode'),
  SetQHYCCDBurstIDLE: of('SetQHYCCDBurstIDLE', '', 'burst mode'),
  ReleaseQHYCCDBurstIDLE: of('ReleaseQHYCCDBurstIDLE', '', 'burst mode'),
  SetQHYCCDBurstModePatchNumber: of(
    'SetQHYCCDBurstModePatchNumber',
    'uint32_t value',
    'getting the last frame of a burst out of the buffer',
  ),
  SetQHYCCDEnableLiveModeAntiRBI: of('SetQHYCCDEnableLiveModeAntiRBI', 'uint32_t value', 'flushing residual images'),
  // Clock
  SetQHYCCDGPSVCOXFreq: of('SetQHYCCDGPSVCOXFreq', 'uint16_t value', "setting the camera's oscillator"),
  SetQHYCCDGPSLedCalMode: of('SetQHYCCDGPSLedCalMode', 'uint8_t mode', 'the calibration LED'),
  SetQHYCCDGPSPOSA: silent(
    'SetQHYCCDGPSPOSA',
    'uint8_t isSlave, uint32_t position, uint8_t width',
    'the calibration LED at the end of the exposure',
  ),
  SetQHYCCDGPSPOSB: silent(
    'SetQHYCCDGPSPOSB',
    'uint8_t isSlave, uint32_t position, uint8_t width',
    'the calibration LED at the start of the exposure',
  ),
  SetQHYCCDGPSMasterSlave: of('SetQHYCCDGPSMasterSlave', 'uint8_t slave', 'master and slave cameras'),
  // Cooling, filter wheel, guiding
  GetQHYCCDHumidity: of('GetQHYCCDHumidity', 'double *percent', "the chamber's humidity"),
  GetQHYCCDPressure: of('GetQHYCCDPressure', 'double *mbar', "the chamber's pressure"),
  QHYCCDResetFlashULVOError: silent('QHYCCDResetFlashULVOError', '', 'clearing the memory of an under-voltage'),
  SendOrder2QHYCCDCFW: of('SendOrder2QHYCCDCFW', 'const uint8_t *order, uint32_t length', 'turning the filter wheel'),
  GetQHYCCDCFWStatus: of('GetQHYCCDCFWStatus', 'uint8_t *status', 'where the filter wheel stands'),
  IsQHYCCDCFWPlugged: of('IsQHYCCDCFWPlugged', '', 'finding the filter wheel'),
  ControlQHYCCDGuide: of('ControlQHYCCDGuide', 'uint32_t direction, uint16_t durationMs', 'guiding'),
  // Triggers
  GetQHYCCDTrigerInterfaceNumber: of(
    'GetQHYCCDTrigerInterfaceNumber',
    'uint32_t *number',
    'the list of trigger inputs',
  ),
  GetQHYCCDTrigerInterfaceName: of(
    'GetQHYCCDTrigerInterfaceName',
    'uint32_t index, uint8_t *name',
    'names of trigger inputs',
  ),
  SetQHYCCDTrigerInterface: of('SetQHYCCDTrigerInterface', 'uint32_t index', 'choosing a trigger input'),
  GetQHYCCDTrigerModeNumber: of('GetQHYCCDTrigerModeNumber', 'uint32_t *number', 'the list of trigger modes'),
  GetQHYCCDTrigerModeName: of('GetQHYCCDTrigerModeName', 'uint32_t index, uint8_t *name', 'names of trigger modes'),
  SetQHYCCDTrigerMode: of('SetQHYCCDTrigerMode', 'uint32_t index', 'choosing a trigger mode'),
  SetQHYCCDTrigerFunction: of('SetQHYCCDTrigerFunction', 'bool on', 'triggers'),
  SetQHYCCDTrigerOutOnly: of('SetQHYCCDTrigerOutOnly', 'bool on', 'switching trigger output off'),
  EnableQHYCCDTrigerOut: of('EnableQHYCCDTrigerOut', '', 'trigger output'),
  SendSoftTriger2QHYCCDCam: of('SendSoftTriger2QHYCCDCam', '', 'triggers by software'),
  SetQHYCCDTrigerFilterOnOff: of('SetQHYCCDTrigerFilterOnOff', 'bool on', 'the filter of the trigger input'),
  SetQHYCCDTrigerFilterTime: of('SetQHYCCDTrigerFilterTime', 'uint32_t ms', 'the filter of the trigger input'),
} satisfies Record<string, ForeignFunction>;

export type QhyFunction = keyof typeof functions;

export const QHY_LIBRARY: LibraryTable<QhyFunction> = {
  title: 'QHYCCD SDK',
  environment: 'QHYCCD_LIB',
  setting: '--qhy-library',
  fileNames: ['libqhyccd.so', 'libqhyccd.so.25', 'libqhyccd.so.24', 'libqhyccd.so.23', 'libqhyccd.so.22'],
  functions,
};

/** CONTROL_ID of qhyccdstruct.h, those that the driver uses. */
export const CONTROL = {
  BRIGHTNESS: 0,
  CONTRAST: 1,
  WBR: 2,
  WBB: 3,
  WBG: 4,
  GAMMA: 5,
  GAIN: 6,
  OFFSET: 7,
  EXPOSURE: 8,
  SPEED: 9,
  USBTRAFFIC: 12,
  ROWNOISERE: 13,
  CURTEMP: 14,
  CURPWM: 15,
  MANULPWM: 16,
  CFWPORT: 17,
  COOLER: 18,
  ST4PORT: 19,
  CAM_COLOR: 20,
  BIN1: 21,
  BIN2: 22,
  BIN3: 23,
  BIN4: 24,
  CAM_8BITS: 34,
  CAM_16BITS: 35,
  CAM_GPS: 36,
  IGNOREOVERSCAN: 37,
  AMPV: 41,
  CFWSLOTSNUM: 44,
  DDR: 48,
  LIGHT_PERFORMANCE_MODE: 49,
  DDR_BUFFER_CAPACITY: 51,
  DDR_BUFFER_READ_THRESHOLD: 52,
  DEFAULT_GAIN: 53,
  DEFAULT_OFFSET: 54,
  HUMIDITY: 62,
  PRESSURE: 63,
  CAM_32BITS: 66,
  SENSOR_ULVO_STATUS: 67,
  USE_AVERAGE_BINNING: 86,
  HEATING_BOARD: 94,
} as const;
export type ControlId = (typeof CONTROL)[keyof typeof CONTROL];
