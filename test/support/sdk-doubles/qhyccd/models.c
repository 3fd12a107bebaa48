/* The cameras, as the public facts have them: geometry, line periods, rates, what each of them has. */
#include "double.h"

#define FULL_411(number) \
  {"Full Frame Read Mode #" number, 14304, 10748, {48, 46, 14208, 10656}, {0, 10702, 14304, 46}, 46500, 93000, 2, 16, 1}
#define FULL_461(number) \
  {"Full Frame Read Mode #" number, 11760, 8896, {24, 32, 11664, 8750}, {0, 8782, 11760, 114}, 39800, 39800, 2, 16, 1}
#define MODE_600(title, rows, bits) \
  {title, 9600, 6422, {24, 0, 9576, 6388}, {0, 6390, 9600, 32}, 43194, 43194, rows, bits, 1}
#define MODES_600 \
  {MODE_600("Photographic DSO", 2, 16), MODE_600("High Gain Mode", 2, 16), MODE_600("Extend Fullwell", 2, 16), \
   MODE_600("Extend Fullwell 2CMS", 1, 16), MODE_600("14bit mode", 2, 14)}
#define MODE_268(title, rows) {title, 6288, 4210, {24, 0, 6252, 4176}, {0, 4180, 6288, 30}, 30000, 34000, rows, 16, 1}

const struct model MODELS[] = {
    {.key = "qhy411", .id = "QHY411", .sensor = "IMX411", .pixel_um = 3.76, .bytes_per_second = 347e6, .min_exposure_us = 20,
     .rolling = true, .uvlo = true, .cooler = true, .heater = true, .bursts = true, .anti_rbi = 0x2A94,
     .exp_answer = QHYCCD_READ_DIRECTLY, .modes = 9,
     .mode = {FULL_411("0"), FULL_411("1"), FULL_411("2"), FULL_411("3"), FULL_411("4"), FULL_411("5"), FULL_411("6"), FULL_411("7"),
              {"3x3 onchip BIN 12bit", 4768, 3588, {16, 34, 4736, 3548}, {0, 3582, 4768, 6}, 13700, 27400, 1, 12, 3}}},
    {.key = "qhy461", .id = "QHY461", .sensor = "IMX461", .pixel_um = 3.76, .bytes_per_second = 283e6, .min_exposure_us = 50,
     .rolling = true, .uvlo = true, .cooler = true, .heater = true, .bursts = true, .anti_rbi = 0x2300,
     .exp_answer = QHYCCD_READ_DIRECTLY, .modes = 3, .mode = {FULL_461("0"), FULL_461("1"), FULL_461("2")}},
    {.key = "qhy600", .id = "QHY600", .sensor = "IMX455", .pixel_um = 3.76, .bytes_per_second = 197e6, .min_exposure_us = 20,
     .rolling = true, .uvlo = true, .cooler = true, .bursts = true, .anti_rbi = 0x1C00, .exp_answer = QHYCCD_READ_DIRECTLY,
     .modes = 5, .mode = MODES_600},
    {.key = "qhy600mpcie", .id = "QHY600MPCIE", .sensor = "IMX455", .pixel_um = 3.76, .bytes_per_second = 1000e6,
     .min_exposure_us = 20, .pcie = true, .rolling = true, .uvlo = true, .cooler = true, .bursts = true, .anti_rbi = 0x1C00,
     .exp_answer = QHYCCD_READ_DIRECTLY, .modes = 5, .mode = MODES_600},
    {.key = "qhy268", .id = "QHY268", .sensor = "IMX571", .pixel_um = 3.76, .bytes_per_second = 300e6, .min_exposure_us = 30,
     .rolling = true, .uvlo = true, .cooler = true, .bursts = true, .exp_answer = QHYCCD_READ_DIRECTLY, .modes = 4,
     .mode = {MODE_268("Photographic DSO", 2), MODE_268("High Gain Mode", 2), MODE_268("Extend Fullwell", 2),
              MODE_268("Extend Fullwell 2CMS", 1)}},
    {.key = "qhy174gps", .id = "QHY174GPS", .sensor = "IMX174", .pixel_um = 5.86, .bytes_per_second = 350e6, .min_exposure_us = 5,
     .built_in_gps = true, .stamps_exposure = true, .cooler = true, .exp_answer = QHYCCD_DELAY_200MS, .header_w = 1936,
     .header_h = 1024, .modes = 1,
     .mode = {{"Standard Mode", 1920, 1200, {0, 0, 1920, 1200}, {0, 0, 0, 0}, 5800, 8000, 1, 12, 1}}},
    {.key = "qhy4040", .id = "QHY4040", .sensor = "GSENSE4040", .pixel_um = 9.0, .bytes_per_second = 360e6, .min_exposure_us = 20,
     .stamps_exposure = true, .rolling = true, .cooler = true, .bursts = true, .old_burst = true, .exp_answer = 0, .modes = 2,
     .mode = {{"HIGH GAIN", 4096, 4118, {0, 0, 4096, 4096}, {0, 4096, 4096, 22}, 10000, 20000, 1, 12, 1},
              {"LOW GAIN", 4096, 4118, {0, 0, 4096, 4096}, {0, 4096, 4096, 22}, 10000, 20000, 1, 12, 1}}},
};
const uint32_t MODEL_COUNT = sizeof MODELS / sizeof MODELS[0];
