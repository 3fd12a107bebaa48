/** The canvas: painted once a refresh of the screen at most, always the newest frame. */
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { largestOf, toneTable } from '#src/servers/web/live/stretch.js';
import { frame, shown } from '../live/connection.js';
import { canvasPainter } from './canvas-painter.js';
import type { Colour, Colours, Painter, Scene } from './painter.js';
import { saturation } from './picture-settings.js';
import { bitDepth, planes, transfer } from './planes.js';
import { truePixels } from './true-pixels.js';
import { area, placement } from './view.js';
import { webglPainter } from './webgl-painter.js';

/** `?painter=2d` in the address of the page asks for the painter without a GPU; a GPU that is lost leads to it as well. */
const without = signal(new URLSearchParams(location.search).get('painter') === '2d');
/** Counts changes of the colours: night mode is another set of them. */
const colourChanges = signal(0);

const ABOVE_ALL = 2 ** 16;

export function Surface() {
  // A canvas keeps its first kind of context for good, so that another painter needs another canvas.
  return without.value ? <Canvas key="2d" open={canvasPainter} /> : <Canvas key="webgl" open={webglPainter} />;
}

function Canvas({ open }: { readonly open: (canvas: HTMLCanvasElement) => Painter | null }) {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = place.current;
    if (canvas === null) return;
    const painter = open(canvas);
    if (painter === null) {
      without.value = true;
      return;
    }
    const lost = (event: Event) => {
      event.preventDefault();
      without.value = true;
    };
    canvas.addEventListener('webglcontextlost', lost);
    canvas.dataset.painter = painter.kind;
    const sizes = followSize(canvas);
    const colours = followColours();
    const stop = paintChanges(canvas, painter);
    return () => {
      stop();
      colours();
      sizes();
      canvas.removeEventListener('webglcontextlost', lost);
    };
  }, [open]);
  return <canvas ref={place} class="picture-canvas" />;
}

function followSize(canvas: HTMLCanvasElement): () => void {
  const measure = () => {
    const ratio = devicePixelRatio;
    const { width, height } = canvas.getBoundingClientRect();
    area.value = {
      width: Math.max(1, Math.round(width * ratio)),
      height: Math.max(1, Math.round(height * ratio)),
      ratio,
    };
  };
  const observer = new ResizeObserver(measure);
  observer.observe(canvas);
  measure();
  return () => observer.disconnect();
}

function followColours(): () => void {
  const observer = new MutationObserver(() => {
    colourChanges.value++;
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-night'] });
  return () => observer.disconnect();
}

function paintChanges(canvas: HTMLCanvasElement, painter: Painter): () => void {
  let asked = 0;
  let told: typeof frame.value = null;
  let scene: Scene | null = null;
  const paint = () => {
    asked = 0;
    if (scene === null) return;
    if (canvas.width !== scene.width) canvas.width = scene.width;
    if (canvas.height !== scene.height) canvas.height = scene.height;
    painter.paint(scene);
    const newest = frame.peek();
    if (newest === null || newest === told) return;
    told = newest;
    canvas.dataset.lastPacket = newest.lastPacketUtcNs;
    canvas.dataset.frame = String(newest.number);
    shown(newest);
  };
  const stop = effect(() => {
    scene = sceneNow();
    if (asked === 0) asked = requestAnimationFrame(paint);
  });
  return () => {
    stop();
    cancelAnimationFrame(asked);
  };
}

let tones: { readonly of: typeof transfer.value; readonly depth: number; readonly table: Uint8Array } | null = null;

function tonesNow(): Uint8Array {
  const of = transfer.value;
  const depth = bitDepth.value;
  if (tones?.of !== of || tones.depth !== depth) tones = { of, depth, table: toneTable(of, depth) };
  return tones.table;
}

function sceneNow(): Scene | null {
  const now = planes.value;
  if (now === null) return null;
  const { frame, pixels } = now;
  return {
    frameWidth: frame.frameWidth,
    frameHeight: frame.frameHeight,
    preview: { width: frame.width, height: frame.height, pixels },
    truePixels: truePixels.value,
    tones: tonesNow(),
    saturatedFrom: saturation.value ? largestOf(frame.bitDepth) : ABOVE_ALL,
    colours: coloursNow(),
    placement: placement.value,
    width: area.value.width,
    height: area.value.height,
  };
}

let colours: { readonly of: number; readonly read: Colours } | null = null;

function coloursNow(): Colours {
  const of = colourChanges.value;
  if (colours?.of !== of) colours = { of, read: readColours() };
  return colours.read;
}

/** What the style sheet says, in whatever words: an element that has the colour tells it as numbers. */
function readColours(): Colours {
  const probe = document.createElement('i');
  document.documentElement.append(probe);
  const colour = (variable: string): Colour => {
    probe.style.color = `var(${variable})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
    return [red, green, blue];
  };
  const read = {
    white: colour('--picture-white'),
    saturated: colour('--picture-saturated'),
    stripe: colour('--picture-stripe'),
    ground: colour('--picture-ground'),
  };
  probe.remove();
  return read;
}
