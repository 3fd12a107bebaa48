/*
 * Makes rows.json: rows of values and the bytes that cfitsio codes them to, as truth from outside. With an argument it
 * makes other rows, by that seed, so that a test can try some that nobody has seen.
 *
 *   cc -O2 -o rows rows.c -lcfitsio -lm && ./rows > rows.json      (then `npm run fix`, which lays it out)
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* cfitsio's coders; its header does not name them. */
int fits_rcomp_byte(signed char a[], int nx, unsigned char *c, int clen, int nblock);
int fits_rcomp_short(short a[], int nx, unsigned char *c, int clen, int nblock);
int fits_rcomp(int a[], int nx, unsigned char *c, int clen, int nblock);

static uint64_t state;

static uint32_t bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}

static double uniform(void) { return (bits() + 0.5) / 4294967296.0; }
static double gauss(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }

/* Kinds behind KINDS have rows of their own: SIGNS alternates between the extremes of a signed value, HALVES makes the
   largest difference there is, LADDER doubles its spread with each block and so meets every split. */
enum kind { CONSTANT, RAMP, EXTREMES, NOISE, WHITE, STARS, STEPS, KINDS, SIGNS, HALVES, LADDER };

static double value(enum kind kind, int i, double sigma, double most) {
  switch (kind) {
    case CONSTANT: return 100;
    case RAMP: return fmod(i * (1 + sigma), most);
    case EXTREMES: return i % 2 ? most : 0;
    case NOISE: return 0.4 * most + sigma * gauss();
    case WHITE: return uniform() * most;
    case STARS: return bits() % 40 == 0 ? uniform() * most : 0.1 * most + sigma * gauss();
    case STEPS: return i % 64 < 32 ? 7 : 0.5 * most + sigma * gauss();
    case SIGNS: return i % 2 ? floor(most / 2) : floor(most / 2) + 1;
    case HALVES: return i % 2 ? floor(most / 2) + 1 : 0;
    case LADDER: return ldexp(uniform(), i / 32 + 1);
    default: return 0;
  }
}

static int printed;

static void row(int size, int width, enum kind kind, double sigma) {
  static signed char bytes[5000];
  static short shorts[5000];
  static int ints[5000];
  static unsigned char code[40000];
  const double most = size == 1 ? 255 : size == 2 ? 65535 : 4294967295.0;
  int length = 0;
  printf("%s\n{\"size\":%d,\"values\":[", printed++ ? "," : "", size);
  for (int i = 0; i < width; i++) {
    double real = floor(value(kind, i, sigma, most));
    if (real < 0) real = 0;
    if (real > most) real = most;
    const uint32_t word = (uint32_t)real;
    bytes[i] = (signed char)word;
    shorts[i] = (short)word;
    ints[i] = (int)word;
    printf("%s%u", i ? "," : "", word);
  }
  if (size == 1) length = fits_rcomp_byte(bytes, width, code, sizeof code, 32);
  else if (size == 2) length = fits_rcomp_short(shorts, width, code, sizeof code, 32);
  else length = fits_rcomp(ints, width, code, sizeof code, 32);
  printf("],\"code\":\"");
  for (int i = 0; i < length; i++) printf("%02x", code[i]);
  printf("\"}");
}

int main(int argc, char **argv) {
  static const int widths[] = {1, 2, 31, 32, 33, 63, 64, 65, 200};
  static const double sigmas[] = {0.4, 3, 10, 60, 900};
  state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  printf("[");
  for (int size = 1; size <= 4; size *= 2) {
    for (unsigned w = 0; w < sizeof widths / sizeof *widths; w++) {
      const int width = argc > 1 ? 1 + (int)(bits() % 4999) : widths[w];
      for (int kind = 0; kind < KINDS; kind++) {
        const int takes_sigma = kind == NOISE || kind == STARS || kind == STEPS || kind == RAMP;
        for (unsigned s = 0; s < (takes_sigma ? sizeof sigmas / sizeof *sigmas : 1); s++) {
          if (argc == 1 && s % 2 != w % 2) continue; /* half of them, to keep the file small */
          row(size, width, kind, sigmas[s] * (size == 4 ? 1000 : 1));
        }
      }
    }
  }
  for (int size = 1; size <= 4; size *= 2) {
    row(size, 97, SIGNS, 0);
    row(size, 97, HALVES, 0);
    row(size, 32 * 8 * size + 7, LADDER, 0);
  }
  row(4, 97, NOISE, 1.5); /* the one split that the above pass over */
  row(2, 4768, NOISE, 10); /* a row of a camera as it is */
  printf("\n]\n");
  return 0;
}
