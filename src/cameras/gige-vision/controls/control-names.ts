/**
 * What GenICam's SFNC and the cameras before it call the controls, both ways, and what their names tell of them. A camera that
 * has the standard's name and an older one shows both, each under its own name. Names may come from a camera, so they are looked up in
 * maps: an object would know `constructor`, too.
 */
import type { ControlGroup } from '../../controls.js';

/** Older and makers' names of what a control's name means, the most common first. */
const OLDER_NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    ExposureTime: ['ExposureTimeAbs', 'ExposureTimeRaw'],
    AcquisitionFrameRate: ['AcquisitionFrameRateAbs'],
    ResultingFrameRate: ['ResultingFrameRateAbs', 'AcquisitionResultingFrameRate'],
    Gain: ['GainAbs', 'GainRaw'],
    BlackLevel: ['BlackLevelRaw', 'BlackLevelAbs', 'Offset'],
    BalanceRatio: ['BalanceRatioAbs', 'BalanceRatioRaw'],
    SensorReadoutMode: ['ReadoutMode', 'ReadMode'],
    DeviceTemperature: ['SensorTemperature', 'TemperatureAbs'],
    TriggerDelay: ['TriggerDelayAbs', 'TriggerDelayRaw'],
    LineDebouncerTime: ['LineDebouncerTimeAbs', 'LineDebouncerTimeRaw'],
    FilterName: ['FilterWheelPosition'],
    PtpEnable: ['GevIEEE1588', 'PtpMode', 'IEEE1588Enable'],
    PtpStatus: ['GevIEEE1588Status', 'IEEE1588Status'],
    PtpOffsetFromMaster: ['GevIEEE1588OffsetFromMaster', 'IEEE1588OffsetFromMaster'],
    PtpClockID: ['GevIEEE1588ClockId', 'PtpClockId'],
    PtpParentClockID: ['GevIEEE1588ParentClockId', 'PtpParentClockId', 'PtpMasterClockID'],
    PtpGrandmasterClockID: ['PtpGrandmasterClockId'],
    PtpDataSetLatch: ['GevIEEE1588DataSetLatch'],
    TimestampLatch: ['GevTimestampControlLatch'],
    TimestampReset: ['GevTimestampControlReset'],
  }),
);

const STANDARD_NAMES: ReadonlyMap<string, string> = new Map(
  [...OLDER_NAMES].flatMap(([name, older]) => older.map((old) => [old, name] as const)),
);

/** Whether a description has a feature of that name. */
type Has = (name: string) => boolean;

/** The feature of a camera that is meant by the standard's `name`; undefined where it has none of them. */
export function featureFor(name: string, has: Has): string | undefined {
  return has(name) ? name : OLDER_NAMES.get(name)?.find(has);
}

/** The name of the control that shows a camera's `feature`: the standard's, unless another feature of the camera has that. */
export function controlNameOf(feature: string, has: Has): string {
  const standard = STANDARD_NAMES.get(feature);
  return standard !== undefined && featureFor(standard, has) === feature ? standard : feature;
}

/** Categories of SFNC and of makers, without `Control` or `Controls` behind them. */
const CATEGORY_GROUPS: ReadonlyMap<string, ControlGroup> = new Map(
  Object.entries<ControlGroup>({
    Device: 'Device',
    DeviceInformation: 'Device',
    DeviceInfo: 'Device',
    UserSet: 'Device',
    UserSets: 'Device',
    Image: 'Image',
    ImageFormat: 'Image',
    ImageSize: 'Image',
    AOI: 'Image',
    Sensor: 'Image',
    Acquisition: 'Exposure',
    AcquisitionTrigger: 'Exposure',
    Exposure: 'Exposure',
    Analog: 'Gain',
    Gain: 'Gain',
    Color: 'Color',
    ColorTransformation: 'Color',
    LUT: 'Color',
    Cooling: 'Cooling',
    Filter: 'Filter',
    Trigger: 'Trigger',
    Action: 'Trigger',
    DigitalIO: 'Trigger',
    CounterAndTimer: 'Trigger',
    Burst: 'Burst',
    Clock: 'Clock',
    PTP: 'Clock',
    IEEE1588: 'Clock',
    LedCalibration: 'Clock',
    TransportLayer: 'Transport',
    Transport: 'Transport',
    Transfer: 'Transport',
    GigEVision: 'Transport',
    Guiding: 'Guiding',
    Other: 'Other',
    ChunkData: 'Chunks',
    Chunks: 'Chunks',
    Chunk: 'Chunks',
  }),
);

/** Where the category of the standard says less than the name: the first that fits counts. */
const NAME_GROUPS: readonly (readonly [RegExp, ControlGroup])[] = [
  [/^(Ptp|GevIEEE1588|IEEE1588|Timestamp|GevTimestamp)/, 'Clock'],
  [/^Chunk/, 'Chunks'],
  [/^(Trigger|Action[A-Z]|Line(?!Period)[A-Z])/, 'Trigger'],
  [/^(DeviceTemperature|SensorTemperature|Cooler|Humidity$|Pressure$|FanSpeed$)/, 'Cooling'],
  [/^(WhiteBalance|BlackBalance|Balance|Gamma|Hue|Saturation|Contrast$|Brightness$|LUT)/, 'Color'],
  [/^(Gain|BlackLevel|ConversionGain)/, 'Gain'],
  [/^(Exposure|AcquisitionFrameRate|ResultingFrameRate)/, 'Exposure'],
  [/^Filter(Slot|Name|Wheel)/, 'Filter'],
];

/** `path`: the categories above the feature, the outermost first. */
export function groupOf(name: string, path: readonly string[]): ControlGroup {
  const groups = path.map((category) => CATEGORY_GROUPS.get(category.replace(/\s+/g, '').replace(/Controls?$/, '')));
  const given = groups.reverse().find((group) => group !== undefined);
  // Whoever names groups as we do has put it where it belongs.
  if (path.some((category) => category === given)) return given ?? 'Other';
  return NAME_GROUPS.find(([names]) => names.test(name))?.[1] ?? given ?? 'Other';
}

const SHAPES_FRAMES =
  /^(Width|Height|OffsetX|OffsetY|PixelFormat|Binning\w+|Decimation\w+|SensorReadoutMode|ReadoutMode|ReadMode|ReverseX|ReverseY|PixelSize|ImageArea|Resolution|BayerPattern|RegionSelector|RegionMode|SensorTaps|SensorDigitizationTaps|TestPattern|TestImageSelector|ChunkModeActive|ChunkEnable|GpsHeader)$/;

/** A change gives frames another shape, depth or order of pixels. */
export function shapesFrames(name: string): boolean {
  return SHAPES_FRAMES.test(name);
}

/** Beside what shapes frames: what a stream cannot take over while it runs. */
const AT_REST =
  /^(AcquisitionMode|AcquisitionFrameCount|TriggerMode|TriggerSource|Sequencer\w+|FrameCounterReset|LowNoise|HighFullWell|GevSCP\w*|GevGVSP\w*|BurstMode|ChunkSelector|UserSetLoad|DeviceReset)$/;

export function changesAtRest(name: string): boolean {
  return shapesFrames(name) || AT_REST.test(name);
}

/** What the camera keeps by itself, what is of the network, and what would surprise when it came back. */
const NOT_KEPT =
  /^(Device|Gev|Led|UserSet|File|TLParams|Transfer|Chunk|Event|Test|LUT|Action|AcquisitionMode$|AcquisitionStatus|TriggerMode$|BurstMode$|ImageOsd$|CoolerPowerManual$|FilterSlot$|Guide|MechanicalShutter$|TriggerAt$|Sequencer)/;

export function comesBack(name: string): boolean {
  return !NOT_KEPT.test(name);
}

/** What the station sets itself while it has the camera. */
const HELD = new Set([
  'AcquisitionStart',
  'AcquisitionStop',
  'AcquisitionAbort',
  'TLParamsLocked',
  'GevCCP',
  'GevSCPHostPort',
  'GevSCDA',
  'GevSCPSFireTestPacket',
  'GevMCPHostPort',
  'GevMCDA',
]);

/** Why nobody else sets it; null: anybody may. */
export function heldByStation(feature: string): string | null {
  return HELD.has(feature) ? 'the station sets it itself while it has the camera' : null;
}
