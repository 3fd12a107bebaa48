/** The picture on the GPU: values as they are in integer textures (R16UI), the stretch in the fragment shader. */
import { type Colour, type Layer, layersOf, type Painter, type Scene, STRIPE } from './painter.js';
import { type Sampling, UNDER } from './sampling.js';

const VERTEX = `#version 300 es
void main() {
  // One triangle that covers the canvas.
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp isampler2D;
precision highp usampler2D;
uniform usampler2D preview;
uniform isampler2D previewColumns;
uniform isampler2D previewRows;
uniform sampler2D previewAcross;
uniform sampler2D previewDown;
uniform usampler2D truePixels;
uniform isampler2D trueColumns;
uniform isampler2D trueRows;
uniform sampler2D trueAcross;
uniform sampler2D trueDown;
uniform usampler2D tones;
uniform ivec2 previewTaps;
uniform ivec2 trueTaps;
uniform int canvasHeight;
uniform uint saturatedFrom;
uniform int last;
uniform vec3 white;
uniform vec3 saturated;
uniform vec3 stripe;
uniform vec3 ground;
out vec4 colour;

struct Seen { float value; uint largest; };

Seen seenOf(usampler2D pixels, ivec2 first, sampler2D across, sampler2D down, ivec2 taps, ivec2 at) {
  float sum = 0.0;
  float total = 0.0;
  uint largest = 0u;
  for (int row = 0; row < taps.y; row++) {
    float shareDown = texelFetch(down, ivec2(row, at.y), 0).r;
    if (shareDown == 0.0) continue;
    for (int column = 0; column < taps.x; column++) {
      float shareAcross = texelFetch(across, ivec2(column, at.x), 0).r;
      if (shareAcross == 0.0) continue;
      uint value = texelFetch(pixels, first + ivec2(column, row), 0).r;
      float share = shareAcross * shareDown;
      sum += share * float(value);
      total += share;
      if (shareAcross >= ${UNDER} && shareDown >= ${UNDER}) largest = max(largest, value);
    }
  }
  return Seen(sum / total, largest);
}

float toneOf(int value) {
  int bounded = min(value, last);
  return float(texelFetch(tones, ivec2(bounded & 255, bounded >> 8), 0).r);
}

void main() {
  ivec2 at = ivec2(int(gl_FragCoord.x), canvasHeight - 1 - int(gl_FragCoord.y));
  ivec2 ofTrue = ivec2(-1);
  if (trueTaps.x > 0) ofTrue = ivec2(texelFetch(trueColumns, ivec2(at.x, 0), 0).r, texelFetch(trueRows, ivec2(at.y, 0), 0).r);
  ivec2 ofPreview = ivec2(texelFetch(previewColumns, ivec2(at.x, 0), 0).r, texelFetch(previewRows, ivec2(at.y, 0), 0).r);
  Seen seen;
  if (ofTrue.x >= 0 && ofTrue.y >= 0) seen = seenOf(truePixels, ofTrue, trueAcross, trueDown, trueTaps, at);
  else if (ofPreview.x >= 0 && ofPreview.y >= 0) seen = seenOf(preview, ofPreview, previewAcross, previewDown, previewTaps, at);
  else {
    colour = vec4(ground, 1.0);
    return;
  }
  if (seen.largest >= saturatedFrom) {
    colour = vec4(((at.x + at.y) & ${STRIPE}) == 0 ? saturated : stripe, 1.0);
    return;
  }
  int below = int(seen.value);
  float tone = mix(toneOf(below), toneOf(below + 1), seen.value - float(below));
  colour = vec4(white * tone / 255.0, 1.0);
}`;

const TEXTURES = [
  'preview',
  'previewColumns',
  'previewRows',
  'previewAcross',
  'previewDown',
  'truePixels',
  'trueColumns',
  'trueRows',
  'trueAcross',
  'trueDown',
  'tones',
] as const;
type TextureName = (typeof TEXTURES)[number];
/** Columns of the texture of levels: its rows are as many as the depth needs. */
const TONE_COLUMNS = 256;
/** What the textures hold where there are no true pixels, whose taps are 0 then. */
const NOWHERE: Layer = (() => {
  const sampling = { taps: 1, first: new Int32Array(1).fill(-1), shares: new Float32Array(1) };
  return { pixels: new Uint16Array(1), width: 1, height: 1, columns: sampling, rows: sampling };
})();

/** GPUs that are programs: Chromium's, Mesa's, Windows'. */
const IMITATED = /swiftshader|llvmpipe|softpipe|basic render/i;
/** `?painter=webgl` in the address of the page takes one of those as well. */
const TAKES_ANY = new URLSearchParams(location.search).get('painter') === 'webgl';

/** Null where there is no WebGL2, or it refuses, or the CPU imitates a GPU: painting on the CPU takes a third of that. */
export function webglPainter(canvas: HTMLCanvasElement): Painter | null {
  const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
  if (gl === null || (!TAKES_ANY && isImitated(gl))) return null;
  const program = programOf(gl);
  return program === null ? null : new WebglPainter(gl, program);
}

function isImitated(gl: WebGL2RenderingContext): boolean {
  const told = gl.getExtension('WEBGL_debug_renderer_info');
  return told !== null && IMITATED.test(String(gl.getParameter(told.UNMASKED_RENDERER_WEBGL)));
}

class WebglPainter implements Painter {
  readonly kind = 'webgl';
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  /** What each texture holds: what has not changed is not sent again. */
  readonly #held = new Map<TextureName, ArrayBufferView>();

  constructor(gl: WebGL2RenderingContext, program: WebGLProgram) {
    this.#gl = gl;
    this.#program = program;
    gl.useProgram(program);
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    for (const [unit, name] of TEXTURES.entries()) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
      for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
        gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
      for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
        gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
      gl.uniform1i(gl.getUniformLocation(program, name), unit);
    }
  }

  paint(scene: Scene): void {
    const gl = this.#gl;
    const { tones, saturatedFrom, width, height } = scene;
    const { preview, truePixels } = layersOf(scene);
    this.#layer(['preview', 'previewColumns', 'previewRows', 'previewAcross', 'previewDown'], preview);
    this.#layer(['truePixels', 'trueColumns', 'trueRows', 'trueAcross', 'trueDown'], truePixels ?? NOWHERE);
    this.#levels(tones);
    gl.viewport(0, 0, width, height);
    gl.uniform2i(this.#uniform('previewTaps'), preview.columns.taps, preview.rows.taps);
    gl.uniform2i(this.#uniform('trueTaps'), truePixels?.columns.taps ?? 0, truePixels?.rows.taps ?? 0);
    gl.uniform1i(this.#uniform('canvasHeight'), height);
    gl.uniform1ui(this.#uniform('saturatedFrom'), saturatedFrom);
    gl.uniform1i(this.#uniform('last'), tones.length - 1);
    this.#colour('white', scene.colours.white);
    this.#colour('saturated', scene.colours.saturated);
    this.#colour('stripe', scene.colours.stripe);
    this.#colour('ground', scene.colours.ground);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #uniform(name: string): WebGLUniformLocation | null {
    return this.#gl.getUniformLocation(this.#program, name);
  }

  #colour(name: string, [red, green, blue]: Colour): void {
    this.#gl.uniform3f(this.#uniform(name), red / 255, green / 255, blue / 255);
  }

  /** Whether `data` is already in the texture; binds it where not. */
  #holds(name: TextureName, data: ArrayBufferView): boolean {
    if (this.#held.get(name) === data) return true;
    this.#held.set(name, data);
    this.#gl.activeTexture(this.#gl.TEXTURE0 + TEXTURES.indexOf(name));
    return false;
  }

  #values(name: TextureName, pixels: Uint16Array, width: number, height: number): void {
    if (this.#holds(name, pixels)) return;
    const gl = this.#gl;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, pixels);
  }

  #levels(tones: Uint8Array): void {
    if (this.#holds('tones', tones)) return;
    const gl = this.#gl;
    const rows = Math.ceil(tones.length / TONE_COLUMNS);
    const whole = tones.length === rows * TONE_COLUMNS ? tones : new Uint8Array(rows * TONE_COLUMNS);
    if (whole !== tones) whole.set(tones);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, TONE_COLUMNS, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, whole);
  }

  #places(name: TextureName, places: Int32Array): void {
    if (this.#holds(name, places)) return;
    const gl = this.#gl;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32I, places.length, 1, 0, gl.RED_INTEGER, gl.INT, places);
  }

  #shares(name: TextureName, { taps, first, shares }: Sampling): void {
    if (this.#holds(name, shares)) return;
    const gl = this.#gl;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, taps, first.length, 0, gl.RED, gl.FLOAT, shares);
  }

  #layer([values, columns, rows, across, down]: LayerTextures, layer: Layer): void {
    this.#values(values, layer.pixels, layer.width, layer.height);
    this.#places(columns, layer.columns.first);
    this.#places(rows, layer.rows.first);
    this.#shares(across, layer.columns);
    this.#shares(down, layer.rows);
  }
}

type LayerTextures = readonly [TextureName, TextureName, TextureName, TextureName, TextureName];

function programOf(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) === true ? program : null;
}
