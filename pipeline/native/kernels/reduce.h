// Binning and previews of uint16 pixels, and pixels as FITS holds them; the specifications are pipeline/kernels/bin.ts,
// preview.ts and fits-pixels.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace appulse {

// Sums of factor x factor boxes: rows / factor rows of width / factor values; what is left over at the right and at the
// bottom is dropped. `scratch`: width values.
void BinSum16(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, uint32_t* out, uint32_t* scratch);
// The same where sums fit 16 bits.
void BinSum16(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, uint16_t* out, uint32_t* scratch);
// Means of the boxes, rounded down.
void BinMean16(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, uint16_t* out, uint32_t* scratch);

// Adds `rows` rows to the column sums and maxima of a row of boxes.
void PreviewFold(const uint16_t* pixels, size_t width, size_t rows, uint32_t* sums, uint16_t* maxima);
// Box x spans columns floor(x * width / out_width) up to that of x + 1; mean rounded down over `rows` rows. Clears sums and maxima.
void PreviewReduce(uint32_t* sums, uint16_t* maxima, size_t width, size_t rows, size_t out_width, uint16_t* mean,
                   uint16_t* maximum);

// value >> shift, 65535 where it is more.
void ShiftTo16(const uint32_t* values, size_t count, uint32_t shift, uint16_t* out);

// Big-endian int16 of value - 32768, int32 of value - 2^31.
void EncodeFits16(const uint16_t* pixels, size_t count, uint8_t* out);
void EncodeFits32(const uint32_t* pixels, size_t count, uint8_t* out);

}  // namespace appulse
