/**
 * GenICam descriptions in the manners of the makers of cameras, made up for the tests: what each does differently with the node types.
 * All over one memory, from 0x8000 to 0x9000, which holds `STYLE_MEMORY`; Aravis' fake camera can serve them (`-g`).
 */

const hex = (value: number) => `0x${value.toString(16)}`;

interface Register {
  readonly kind?: string;
  readonly length?: number;
  readonly access?: string;
  readonly little?: boolean;
  /** Further elements, in front of the order of bytes. */
  readonly more?: string;
}

function register(name: string, address: number | string, options: Register = {}): string {
  const { kind = 'IntReg', length = 4, access = 'RW', little = false, more = '' } = options;
  const where = typeof address === 'number' ? `<Address>${hex(address)}</Address>` : address;
  const order =
    kind === 'StringReg' || kind === 'Register' ? '' : `<Endianess>${little ? 'Little' : 'Big'}Endian</Endianess>`;
  return `<${kind} Name="${name}">${where}<Length>${length}</Length><AccessMode>${access}</AccessMode><pPort>Device</pPort><Cachable>NoCache</Cachable>${more}${order}</${kind}>`;
}

function masked(name: string, address: number, bits: string, options: Register = {}): string {
  return register(name, address, { kind: 'MaskedIntReg', ...options, more: `${bits}<Sign>Unsigned</Sign>` });
}

/** Selectors that move addresses, inquiry bits, raw values with a time base, absolute ones through converters. */
const RAW_AND_ABSOLUTE = `
  <Category Name="AnalogControls"><pFeature>GainSelector</pFeature><pFeature>GainRaw</pFeature><pFeature>GainAbs</pFeature><pFeature>BlackLevelRaw</pFeature></Category>
  <Category Name="AcquisitionControls"><pFeature>ExposureTimeBaseAbs</pFeature><pFeature>ExposureTimeRaw</pFeature><pFeature>ExposureTimeAbs</pFeature><pFeature>AcquisitionFrameRateAbs</pFeature></Category>
  <Enumeration Name="GainSelector"><EnumEntry Name="All"><Value>0</Value></EnumEntry><EnumEntry Name="Tap1"><Value>1</Value></EnumEntry><EnumEntry Name="Tap2"><pIsImplemented>TwoTaps</pIsImplemented><Value>2</Value></EnumEntry>
    <pValue>GainSelectorReg</pValue><pSelected>GainRaw</pSelected><pSelected>GainAbs</pSelected></Enumeration>
  ${register('GainSelectorReg', 0x8000)}
  ${masked('TapsInquiry', 0x8004, '<Bit>3</Bit>', { access: 'RO' })}
  <IntSwissKnife Name="TwoTaps"><pVariable Name="INQ">TapsInquiry</pVariable><Formula>INQ = 1</Formula></IntSwissKnife>
  <Integer Name="GainRaw"><pIsAvailable>GainPresent</pIsAvailable><pValue>GainRawReg</pValue><pMin>GainMin</pMin><pMax>GainMax</pMax><Inc>1</Inc></Integer>
  <IntSwissKnife Name="GainPresent"><pVariable Name="SEL">GainSelectorReg</pVariable><Formula>(SEL &gt;= 0) &amp;&amp; (SEL &lt; 3)</Formula></IntSwissKnife>
  ${register('GainRawReg', `<IntSwissKnife Name="GainAddress"><pVariable Name="SEL">GainSelectorReg</pVariable><Formula>0x8010 + SEL * 0x10</Formula></IntSwissKnife>`)}
  ${masked('GainMin', 0x8040, '<LSB>15</LSB><MSB>0</MSB>', { access: 'RO' })}
  ${masked('GainMax', 0x8040, '<LSB>31</LSB><MSB>16</MSB>', { access: 'RO' })}
  <Float Name="GainAbs"><pValue>GainConverter</pValue><Unit>dB</Unit></Float>
  <Converter Name="GainConverter"><FormulaTo>FROM / 0.0359</FormulaTo><FormulaFrom>TO * 0.0359</FormulaFrom><pValue>GainRaw</pValue><Slope>Increasing</Slope></Converter>
  <Integer Name="BlackLevelRaw"><pValue>BlackLevelReg</pValue><Min>-64</Min><Max>64</Max></Integer>
  ${register('BlackLevelReg', 0x8044, { length: 2, more: '<Sign>Signed</Sign>' })}
  <Float Name="ExposureTimeBaseAbs"><pValue>TimeBaseConverter</pValue><Unit>us</Unit></Float>
  <Converter Name="TimeBaseConverter"><FormulaTo>FROM * 1000</FormulaTo><FormulaFrom>TO / 1000</FormulaFrom><pValue>TimeBaseReg</pValue><Slope>Increasing</Slope></Converter>
  ${register('TimeBaseReg', 0x8048)}
  <Integer Name="ExposureTimeRaw"><pValue>ExposureReg</pValue><Min>1</Min><Max>4095</Max></Integer>
  ${register('ExposureReg', 0x804c)}
  <Float Name="ExposureTimeAbs"><pValue>ExposureConverter</pValue><Unit>us</Unit></Float>
  <Converter Name="ExposureConverter"><pVariable Name="BASE">ExposureTimeBaseAbs</pVariable><FormulaTo>FROM / BASE</FormulaTo><FormulaFrom>TO * BASE</FormulaFrom><pValue>ExposureTimeRaw</pValue><Slope>Increasing</Slope></Converter>
  <Float Name="AcquisitionFrameRateAbs"><pValue>PeriodConverter</pValue><Unit>Hz</Unit></Float>
  <Converter Name="PeriodConverter"><FormulaTo>1000000 / FROM</FormulaTo><FormulaFrom>1000000 / TO</FormulaFrom><pValue>PeriodReg</pValue><Slope>Decreasing</Slope></Converter>
  ${register('PeriodReg', 0x8050)}`;

/** Structures of bits in one register each, as cameras have them that came from IEEE 1394, beside absolute values as floats. */
const BIT_STRUCTURES = `
  <Category Name="BrightnessControl"><pFeature>Brightness</pFeature><pFeature>BrightnessAuto</pFeature><pFeature>BrightnessAbs</pFeature><pFeature>BrightnessMaximum</pFeature></Category>
  <Integer Name="Brightness"><pIsImplemented>BrightnessPresence</pIsImplemented><pIsLocked>BrightnessAutoOn</pIsLocked><pValue>BrightnessValue</pValue><pMin>BrightnessLeast</pMin><pMax>BrightnessMost</pMax></Integer>
  <Boolean Name="BrightnessAuto"><pValue>BrightnessAutoOn</pValue><OnValue>1</OnValue><OffValue>0</OffValue></Boolean>
  <StructReg Comment="BRIGHTNESS"><Address>0x8100</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Cachable>NoCache</Cachable><Endianess>BigEndian</Endianess>
    <StructEntry Name="BrightnessPresence"><AccessMode>RO</AccessMode><Bit>0</Bit></StructEntry>
    <StructEntry Name="BrightnessAbsControl"><Bit>1</Bit></StructEntry>
    <StructEntry Name="BrightnessAutoOn"><Bit>7</Bit></StructEntry>
    <StructEntry Name="BrightnessValue"><LSB>31</LSB><MSB>20</MSB></StructEntry></StructReg>
  <StructReg Comment="BRIGHTNESS_INQUIRY"><Address>0x8104</Address><Length>4</Length><AccessMode>RO</AccessMode><pPort>Device</pPort><Cachable>NoCache</Cachable><Endianess>BigEndian</Endianess>
    <StructEntry Name="BrightnessLeast"><LSB>19</LSB><MSB>8</MSB></StructEntry>
    <StructEntry Name="BrightnessMost"><LSB>31</LSB><MSB>20</MSB></StructEntry></StructReg>
  <Float Name="BrightnessAbs"><pValue>BrightnessAbsReg</pValue><Min>0</Min><Max>100</Max><Unit>%</Unit></Float>
  ${register('BrightnessAbsReg', '<Address>0x8000</Address><pAddress>BrightnessAbsOffset</pAddress>', { kind: 'FloatReg' })}
  <IntSwissKnife Name="BrightnessAbsOffset"><pVariable Name="QUADLETS">BrightnessAbsQuadlets</pVariable><Formula>QUADLETS * 4</Formula></IntSwissKnife>
  ${register('BrightnessAbsQuadlets', 0x8108, { access: 'RO' })}
  <IntSwissKnife Name="BrightnessMaximum"><pVariable Name="MOST">BrightnessMost</pVariable><Formula>MOST &lt;&lt; 1</Formula></IntSwissKnife>`;

/** Little-endian throughout: bits counted from the low end, doubles, signed fields, constants by index, tables. */
const LITTLE_ENDIAN = `
  <Category Name="ImageFormatControl"><pFeature>BinningSelector</pFeature><pFeature>BinningHorizontal</pFeature><pFeature>Width</pFeature><pFeature>SensorName</pFeature><pFeature>Gamma</pFeature><pFeature>Offset</pFeature><pFeature>Exponent</pFeature></Category>
  <Integer Name="BinningSelector"><pValue>BinningSelectorReg</pValue><Min>0</Min><Max>2</Max><pSelected>BinningHorizontal</pSelected></Integer>
  ${masked('BinningSelectorReg', 0x8200, '<LSB>8</LSB><MSB>11</MSB>', { little: true })}
  <Integer Name="BinningHorizontal"><pIndex>BinningSelector</pIndex><ValueIndexed Index="0">1</ValueIndexed><pValueIndexed Index="1">BinningReg</pValueIndexed><ValueDefault>4</ValueDefault></Integer>
  ${register('BinningReg', 0x8204, { little: true, length: 2 })}
  <Integer Name="Width"><pValue>WidthReg</pValue><Min>8</Min><pMax>WidthMax</pMax><pInc>WidthInc</pInc></Integer>
  ${register('WidthReg', 0x8208, { little: true })}
  <IntSwissKnife Name="WidthMax"><pVariable Name="SENSOR">SensorWidth</pVariable><pVariable Name="BIN">BinningHorizontal</pVariable><Constant Name="STEP">8</Constant>
    <Expression Name="BINNED">SENSOR / BIN</Expression><Formula>BINNED - BINNED % STEP</Formula></IntSwissKnife>
  <Integer Name="WidthInc"><Value>8</Value></Integer><Integer Name="SensorWidth"><Value>2050</Value></Integer>
  ${register('SensorName', 0x8210, { kind: 'StringReg', length: 16, access: 'RO' })}
  ${register('Gamma', 0x8220, { kind: 'FloatReg', length: 8, little: true })}
  <Integer Name="Offset"><pValue>OffsetReg</pValue></Integer>
  ${register('OffsetReg', 0x8228, { kind: 'MaskedIntReg', little: true, more: '<LSB>4</LSB><MSB>11</MSB><Sign>Signed</Sign>' })}
  <SwissKnife Name="Exponent"><pVariable Name="G">Gamma</pVariable><pVariable Name="O">Offset</pVariable><Formula>(O &lt; 0) ? FLOOR(EXP(LN(G) * 2) * 1000 + 0.5) / 1000 : SQRT(G)</Formula></SwissKnife>`;

/** Conditions everywhere: what is there, what is locked, in which mode; values in other units, booleans with numbers of their own. */
const CONDITIONS = `
  <Category Name="TriggerControl"><pFeature>TriggerMode</pFeature><pFeature>TriggerSource</pFeature><pFeature>TriggerDelay</pFeature><pFeature>StrobeEnable</pFeature><pFeature>StreamBytesPerSecond</pFeature><pFeature>DeviceLinkSpeed</pFeature><pFeature>Temperature</pFeature></Category>
  <Enumeration Name="TriggerMode"><EnumEntry Name="Off"><Value>0</Value></EnumEntry><EnumEntry Name="On"><Value>1</Value></EnumEntry><pValue>TriggerModeReg</pValue></Enumeration>
  ${masked('TriggerModeReg', 0x8300, '<Bit>31</Bit>')}
  <Enumeration Name="TriggerSource"><pIsLocked>TriggerOff</pIsLocked><EnumEntry Name="Line1"><Value>0x11</Value></EnumEntry><EnumEntry Name="Software"><Value>0x20</Value></EnumEntry>
    <EnumEntry Name="Action0"><Value>0x30</Value><pIsAvailable>HasActions</pIsAvailable></EnumEntry><pValue>TriggerSourceReg</pValue></Enumeration>
  ${masked('TriggerSourceReg', 0x8300, '<LSB>23</LSB><MSB>16</MSB>')}
  <IntSwissKnife Name="TriggerOff"><pVariable Name="MODE">TriggerModeReg</pVariable><Formula>MODE &lt;&gt; 1</Formula></IntSwissKnife>
  <Integer Name="HasActions"><Value>0</Value></Integer>
  <Float Name="TriggerDelay"><pIsLocked>TriggerOff</pIsLocked><pValue>DelayConverter</pValue><Min>0</Min><Max>1000000</Max><Unit>us</Unit></Float>
  <Converter Name="DelayConverter"><pVariable Name="CLOCK">ClockMHz</pVariable><FormulaTo>FROM * CLOCK</FormulaTo><FormulaFrom>TO / CLOCK</FormulaFrom><pValue>DelayTicks</pValue><Slope>Increasing</Slope><IsLinear>Yes</IsLinear></Converter>
  <Integer Name="ClockMHz"><Value>125</Value></Integer>
  ${register('DelayTicks', 0x8304)}
  <Boolean Name="StrobeEnable"><pValue>StrobeReg</pValue><OnValue>170</OnValue><OffValue>85</OffValue></Boolean>
  ${register('StrobeReg', 0x8308)}
  <Integer Name="StreamBytesPerSecond"><pValue>StreamConverter</pValue></Integer>
  <IntConverter Name="StreamConverter"><FormulaTo>FROM / 1000</FormulaTo><FormulaFrom>TO * 1000</FormulaFrom><pValue>StreamReg</pValue><Slope>Increasing</Slope></IntConverter>
  ${register('StreamReg', 0x830c)}
  ${register('DeviceLinkSpeed', 0x8310, { length: 8, access: 'RO' })}
  <SwissKnife Name="Temperature"><pVariable Name="RAW">TemperatureReg</pVariable><Formula>TRUNC((RAW * 0.0625 - 273.25) * 4) / 4</Formula></SwissKnife>
  ${register('TemperatureReg', 0x8318, { length: 2, access: 'RO', more: '<Sign>Unsigned</Sign>' })}`;

export const STYLES = { RAW_AND_ABSOLUTE, BIT_STRUCTURES, LITTLE_ENDIAN, CONDITIONS } as const;

export function styleXml(style: keyof typeof STYLES): string {
  return describedBy(style, STYLES[style]);
}

/** A description of a model: its categories under Root, its nodes over a port `Device`. */
export function describedBy(model: string, nodes: string): string {
  const categories = [...nodes.matchAll(/<Category Name="(\w+)"/g)].map(([, name]) => `<pFeature>${name}</pFeature>`);
  return `<?xml version="1.0" encoding="utf-8"?>
<RegisterDescription ModelName="${model}" VendorName="Appulse" ToolTip="Made up" StandardNameSpace="GEV" SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0" ProductGuid="1" VersionGuid="1" xmlns="http://www.genicam.org/GenApi/Version_1_1">
<Category Name="Root" NameSpace="Standard">${categories.join('')}</Category>${nodes}
<Port Name="Device"/></RegisterDescription>`;
}

/** What the memory holds: 4 bytes each. */
export const STYLE_MEMORY: readonly (readonly [address: number, word: number])[] = [
  [0x8000, 1],
  [0x8004, 0x10000000],
  [0x8010, 100],
  [0x8020, 200],
  [0x8030, 300],
  [0x8040, 0x001001ff],
  [0x8044, 0xffe80000],
  [0x8048, 24_500],
  [0x804c, 77],
  [0x8050, 33_333],
  [0x8100, 0x82000123],
  [0x8104, 0x000103e8],
  [0x8108, 0x48],
  [0x8120, 0x41480000],
  [0x8200, 0x00010000],
  [0x8204, 0x02000000],
  [0x8208, 0x80020000],
  [0x8210, 0x494d5832],
  [0x8214, 0x35310000],
  [0x8220, 0],
  [0x8224, 0x0000f83f],
  [0x8228, 0xffff0000],
  [0x8300, 0x00002001],
  [0x8304, 250_000],
  [0x8308, 170],
  [0x830c, 115_000],
  [0x8310, 1],
  [0x8314, 0x2a05f200],
  [0x8318, 0x12a80000],
];
