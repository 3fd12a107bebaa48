/*
 * The functions of QHYCCD's SDK that the double has, by their public names and signatures (docs: facts of SDK 25.09.29).
 * Written for this project; nothing of the vendor's is in it.
 */
#ifndef APPULSE_DOUBLE_QHYCCD_H
#define APPULSE_DOUBLE_QHYCCD_H

#include <stdbool.h>
#include <stdint.h>

#define QHYCCD_SUCCESS 0u
#define QHYCCD_ERROR 0xFFFFFFFFu
/* Answers of ExpQHYCCDSingleFrame that mean success. */
#define QHYCCD_DELAY_200MS 0x2000u
#define QHYCCD_READ_DIRECTLY 0x2001u

typedef void qhyccd_handle;

/* Library and bus */
uint32_t InitQHYCCDResource(void);
uint32_t ReleaseQHYCCDResource(void);
uint32_t ScanQHYCCD(void);
uint32_t GetQHYCCDId(uint32_t index, char *id);
uint32_t GetQHYCCDModel(char *id, char *model);
qhyccd_handle *OpenQHYCCD(char *id);
uint32_t CloseQHYCCD(qhyccd_handle *h);
void SetQHYCCDAutoDetectCamera(bool enable);
void SetQHYCCDLogLevel(uint8_t level);
void EnableQHYCCDMessage(bool enable);
void EnableQHYCCDLogFile(bool enable);
void SetQHYCCDBufferNumber(uint32_t buffers);
void RegisterPnpEventIn(void (*in)(char *id));
void RegisterPnpEventOut(void (*out)(char *id));
const char *GetQHYCCDLastError(void);
uint32_t resetDev(char *id, uint32_t readMode, uint8_t streamMode, qhyccd_handle *h, uint32_t *w, uint32_t *hgt, uint32_t depth);

/* Versions */
uint32_t GetQHYCCDSDKVersion(uint32_t *year, uint32_t *month, uint32_t *day, uint32_t *subday);
uint32_t GetQHYCCDFWVersion(qhyccd_handle *h, uint8_t *buf);
uint32_t GetQHYCCDFPGAVersion(qhyccd_handle *h, uint8_t index, uint8_t *buf);
uint32_t GetQHYCCDPCIECardNum(uint32_t *cards);
uint32_t GetQHYCCDPCIECardVer(uint32_t index, uint32_t *year, uint32_t *month, uint32_t *day, uint32_t *subday);
uint32_t GetQHYCCDSensorName(qhyccd_handle *h, char *name);
uint32_t GetQHYCCDType(qhyccd_handle *h);

/* Modes and shape */
uint32_t GetQHYCCDNumberOfReadModes(qhyccd_handle *h, uint32_t *modes);
uint32_t GetQHYCCDReadModeName(qhyccd_handle *h, uint32_t mode, char *name);
uint32_t GetQHYCCDReadModeResolution(qhyccd_handle *h, uint32_t mode, uint32_t *w, uint32_t *hgt);
uint32_t SetQHYCCDReadMode(qhyccd_handle *h, uint32_t mode);
uint32_t GetQHYCCDReadMode(qhyccd_handle *h, uint32_t *mode);
uint32_t SetQHYCCDStreamMode(qhyccd_handle *h, uint8_t mode);
uint32_t InitQHYCCD(qhyccd_handle *h);
uint32_t GetQHYCCDChipInfo(qhyccd_handle *h, double *chipWidthMm, double *chipHeightMm, uint32_t *w, uint32_t *hgt, double *pixelWidthUm,
                           double *pixelHeightUm, uint32_t *bpp);
uint32_t GetQHYCCDEffectiveArea(qhyccd_handle *h, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt);
uint32_t GetQHYCCDOverScanArea(qhyccd_handle *h, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt);
uint32_t GetQHYCCDCurrentROI(qhyccd_handle *h, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt);
uint32_t SetQHYCCDResolution(qhyccd_handle *h, uint32_t x, uint32_t y, uint32_t w, uint32_t hgt);
uint32_t SetQHYCCDBinMode(qhyccd_handle *h, uint32_t wbin, uint32_t hbin);
uint32_t SetQHYCCDBitsMode(qhyccd_handle *h, uint32_t bits);
uint32_t SetQHYCCDDebayerOnOff(qhyccd_handle *h, bool on);
uint32_t GetQHYCCDMemLength(qhyccd_handle *h);

/* Parameters */
uint32_t IsQHYCCDControlAvailable(qhyccd_handle *h, int id);
uint32_t SetQHYCCDParam(qhyccd_handle *h, int id, double value);
double GetQHYCCDParam(qhyccd_handle *h, int id);
uint32_t GetQHYCCDParamMinMaxStep(qhyccd_handle *h, int id, double *min, double *max, double *step);
uint32_t ControlQHYCCDTemp(qhyccd_handle *h, double target);
uint32_t GetQHYCCDHumidity(qhyccd_handle *h, double *percent);
uint32_t GetQHYCCDPressure(qhyccd_handle *h, double *mbar);
uint32_t GetQHYCCDFPGATemp(qhyccd_handle *h, uint16_t *temp);
void QHYCCDResetFlashULVOError(qhyccd_handle *h);
void QHYCCDTestFlashULVOError(qhyccd_handle *h);
uint32_t ControlQHYCCDGuide(qhyccd_handle *h, uint32_t direction, uint16_t duration);

/* Frames */
uint32_t ExpQHYCCDSingleFrame(qhyccd_handle *h);
uint32_t GetQHYCCDSingleFrame(qhyccd_handle *h, uint32_t *w, uint32_t *hgt, uint32_t *bpp, uint32_t *channels, uint8_t *image);
uint32_t CancelQHYCCDExposing(qhyccd_handle *h);
uint32_t CancelQHYCCDExposingAndReadout(qhyccd_handle *h);
uint32_t SetQHYCCDSingleFrameTimeOut(qhyccd_handle *h, uint32_t ms);
uint32_t GetQHYCCDExposureRemaining(qhyccd_handle *h);
uint32_t BeginQHYCCDLive(qhyccd_handle *h);
uint32_t GetQHYCCDLiveFrame(qhyccd_handle *h, uint32_t *w, uint32_t *hgt, uint32_t *bpp, uint32_t *channels, uint8_t *image);
uint32_t StopQHYCCDLive(qhyccd_handle *h);
uint32_t GetQHYCCDPreciseExposureInfo(qhyccd_handle *h, uint32_t *pixelPeriodPs, uint32_t *linePeriodNs, uint32_t *framePeriodUs,
                                      uint32_t *clocksPerLine, uint32_t *linesPerFrame, uint32_t *actualExposureUs,
                                      uint8_t *isLongExposure);
uint32_t GetQHYCCDRollingShutterEndOffset(qhyccd_handle *h, uint32_t row, double *offsetUs);
uint32_t EnableQHYCCDImageOSD(qhyccd_handle *h, uint32_t what);
uint32_t GetQHYCCDPcieDDRNum(qhyccd_handle *h);
uint32_t PCIEClearDDR(qhyccd_handle *h);

/* Burst */
uint32_t EnableQHYCCDBurstMode(qhyccd_handle *h, bool on);
uint32_t SetQHYCCDBurstModeStartEnd(qhyccd_handle *h, unsigned short start, unsigned short end);
uint32_t EnableQHYCCDBurstCountFun(qhyccd_handle *h, bool on);
uint32_t SetQHYCCDBurstIDLE(qhyccd_handle *h);
uint32_t ReleaseQHYCCDBurstIDLE(qhyccd_handle *h);
uint32_t SetQHYCCDBurstModePatchNumber(qhyccd_handle *h, uint32_t value);
uint32_t ResetQHYCCDFrameCounter(qhyccd_handle *h);
uint32_t RereadQHYCCDBurstFrame(qhyccd_handle *h);
uint32_t SetQHYCCDEnableLiveModeAntiRBI(qhyccd_handle *h, uint32_t value);

/* GPS */
uint32_t SetQHYCCDGPSVCOXFreq(qhyccd_handle *h, uint16_t dac);
uint32_t SetQHYCCDGPSLedCalMode(qhyccd_handle *h, uint8_t mode);
void SetQHYCCDGPSLedCal(qhyccd_handle *h, uint32_t position, uint8_t width);
void SetQHYCCDGPSPOSA(qhyccd_handle *h, uint8_t isSlave, uint32_t position, uint8_t width);
void SetQHYCCDGPSPOSB(qhyccd_handle *h, uint8_t isSlave, uint32_t position, uint8_t width);
uint32_t SetQHYCCDGPSMasterSlave(qhyccd_handle *h, uint8_t slave);
void SetQHYCCDGPSSlaveModeParameter(qhyccd_handle *h, uint32_t targetSec, uint32_t targetUs, uint32_t deltaSec, uint32_t deltaUs,
                                    uint32_t exposureUs);

/* Triggers */
uint32_t GetQHYCCDTrigerInterfaceNumber(qhyccd_handle *h, uint32_t *interfaces);
uint32_t GetQHYCCDTrigerInterfaceName(qhyccd_handle *h, uint32_t index, char *name);
uint32_t SetQHYCCDTrigerInterface(qhyccd_handle *h, uint32_t index);
uint32_t GetQHYCCDTrigerModeNumber(qhyccd_handle *h, uint32_t *modes);
uint32_t GetQHYCCDTrigerModeName(qhyccd_handle *h, uint32_t mode, char *name);
uint32_t SetQHYCCDTrigerMode(qhyccd_handle *h, uint32_t mode);
uint32_t SetQHYCCDTrigerFunction(qhyccd_handle *h, bool on);
uint32_t SetQHYCCDTrigerInOnly(qhyccd_handle *h, bool on);
uint32_t SetQHYCCDTrigerOutOnly(qhyccd_handle *h, bool on);
uint32_t EnableQHYCCDTrigerOut(qhyccd_handle *h);
uint32_t EnableQHYCCDTrigerOutA(qhyccd_handle *h);
uint32_t SendSoftTriger2QHYCCDCam(qhyccd_handle *h);
uint32_t SetQHYCCDTrigerFilterOnOff(qhyccd_handle *h, bool on);
uint32_t SetQHYCCDTrigerFilterTime(qhyccd_handle *h, uint32_t ms);

/* Filter wheel */
uint32_t IsQHYCCDCFWPlugged(qhyccd_handle *h);
uint32_t SendOrder2QHYCCDCFW(qhyccd_handle *h, char *order, uint32_t length);
uint32_t GetQHYCCDCFWStatus(qhyccd_handle *h, char *status);

#endif
