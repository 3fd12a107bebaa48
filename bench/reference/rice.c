/*
 * cfitsio's Rice coder on rows of 16-bit pixels, as the reference of the kernels benchmark.
 *
 *   cc -O2 -o rice rice.c -lcfitsio
 *   ./rice FILE WIDTH ROWS REPETITIONS
 *
 * FILE holds WIDTH x ROWS native uint16 pixels; what is coded is the int16 of pixel - 32768, a row a tile, blocks of 32. Prints a
 * line of JSON a repetition: seconds, bytes of all rows' code, and their FNV-1a checksum.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* cfitsio's coder; its header does not name it. */
int fits_rcomp_short(short a[], int nx, unsigned char *c, int clen, int nblock);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const int width = atoi(argv[2]), rows = atoi(argv[3]), repetitions = atoi(argv[4]);
  const size_t pixels = (size_t)width * rows;
  const int bound = 2 * width + width / 8 + 64;
  short *values = malloc(2 * pixels);
  unsigned char *code = malloc((size_t)bound * rows);
  FILE *file = fopen(argv[1], "rb");
  if (values == NULL || code == NULL || file == NULL || fread(values, 2, pixels, file) != pixels) return 1;
  fclose(file);
  for (size_t i = 0; i < pixels; i++) values[i] = (short)((uint16_t)values[i] ^ 0x8000);
  for (int repetition = 0; repetition < repetitions; repetition++) {
    size_t bytes = 0;
    const double began = now();
    for (int row = 0; row < rows; row++) {
      bytes += (size_t)fits_rcomp_short(values + (size_t)row * width, width, code + bytes, bound, 32);
    }
    const double seconds = now() - began;
    uint32_t checksum = 2166136261u;
    for (size_t i = 0; i < bytes; i++) checksum = (checksum ^ code[i]) * 16777619u;
    printf("{\"seconds\":%.6f,\"bytes\":%zu,\"checksum\":%u}\n", seconds, bytes, checksum);
  }
  return 0;
}
