/** The picture on the GPU: values as they are in integer textures (R16UI), the stretch in the fragment shader. */
import { type Colour, type Painter, pixelMap, type Scene, STRIPE } from './painter.js';

const VERTEX = `#version 300 es
void main() {
  // One triangle that covers the canvas.
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp isampler2D;
precision highp usampler2D;
uniform usampler2D preview;
uniform usampler2D truePixels;
uniform usampler2D tones;
uniform isampler2D columns;
uniform isampler2D rows;
uniform ivec2 frameSize;
uniform ivec2 previewSize;
uniform ivec4 trueRegion;
uniform int canvasHeight;
uniform uint saturatedFrom;
uniform uint largest;
uniform vec3 white;
uniform vec3 saturated;
uniform vec3 stripe;
uniform vec3 ground;
out vec4 colour;

void main() {
  ivec2 at = ivec2(int(gl_FragCoord.x), canvasHeight - 1 - int(gl_FragCoord.y));
  ivec2 pixel = ivec2(texelFetch(columns, ivec2(at.x, 0), 0).r, texelFetch(rows, ivec2(at.y, 0), 0).r);
  if (pixel.x < 0 || pixel.y < 0) {
    colour = vec4(ground, 1.0);
    return;
  }
  ivec2 inside = pixel - trueRegion.xy;
  uint value;
  if (all(greaterThanEqual(inside, ivec2(0))) && all(lessThan(inside, trueRegion.zw))) {
    value = texelFetch(truePixels, inside, 0).r;
  } else {
    // The boxes of a preview begin at floor(i * full / reduced).
    value = texelFetch(preview, ((pixel + 1) * previewSize - 1) / frameSize, 0).r;
  }
  if (value >= saturatedFrom) {
    colour = vec4(((at.x + at.y) & ${STRIPE}) == 0 ? saturated : stripe, 1.0);
    return;
  }
  uint bounded = min(value, largest);
  uint tone = texelFetch(tones, ivec2(int(bounded & 255u), int(bounded >> 8u)), 0).r;
  colour = vec4(white * float(tone) / 255.0, 1.0);
}`;

const TEXTURES = ['preview', 'truePixels', 'tones', 'columns', 'rows'] as const;
type TextureName = (typeof TEXTURES)[number];
/** Columns of the texture of levels: its rows are as many as the depth needs. */
const TONE_COLUMNS = 256;

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
    const { frameWidth, frameHeight, preview, truePixels, tones, saturatedFrom, placement, width, height } = scene;
    const region = truePixels ?? { x: 0, y: 0, width: 0, height: 0, pixels: new Uint16Array(1) };
    this.#values('preview', preview.pixels, preview.width, preview.height);
    this.#values('truePixels', region.pixels, Math.max(1, region.width), Math.max(1, region.height));
    this.#levels(tones);
    this.#places('columns', pixelMap(placement.left, placement.scale, width, frameWidth));
    this.#places('rows', pixelMap(placement.top, placement.scale, height, frameHeight));
    gl.viewport(0, 0, width, height);
    gl.uniform2i(this.#uniform('frameSize'), frameWidth, frameHeight);
    gl.uniform2i(this.#uniform('previewSize'), preview.width, preview.height);
    gl.uniform4i(this.#uniform('trueRegion'), region.x, region.y, region.width, region.height);
    gl.uniform1i(this.#uniform('canvasHeight'), height);
    gl.uniform1ui(this.#uniform('saturatedFrom'), saturatedFrom);
    gl.uniform1ui(this.#uniform('largest'), tones.length - 1);
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
}

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
