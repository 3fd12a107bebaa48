/** The canvas: painted once a refresh of the screen at most, always the newest frame. */
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { largestOf } from '#src/servers/web/live/stretch.js';
import { canvasPainter } from './canvas-painter.js';
import type { Colour, Colours, Painter, Scene } from './painter.js';
import { saturation } from './picture-settings.js';
import type { Viewer } from './viewer.js';
import { webglPainter } from './webgl-painter.js';

/** `?painter=2d` in the address of the page asks for the painter without a GPU; a GPU that is lost leads to it as well. */
const without = signal(new URLSearchParams(location.search).get('painter') === '2d');
/** Counts changes of the colours: night mode is another set of them. */
const colourChanges = signal(0);

const ABOVE_ALL = 2 ** 16;

interface SurfaceProps {
  readonly viewer: Viewer;
  /** Called when the newest frame has been painted. */
  readonly painted: (canvas: HTMLCanvasElement) => void;
}

export function Surface(props: SurfaceProps) {
  // A canvas keeps its first kind of context for good, so that another painter needs another canvas.
  return without.value ? (
    <Canvas key="2d" {...props} open={canvasPainter} />
  ) : (
    <Canvas key="webgl" {...props} open={webglPainter} />
  );
}

interface CanvasProps extends SurfaceProps {
  readonly open: (canvas: HTMLCanvasElement) => Painter | null;
}

function Canvas({ open, viewer, painted }: CanvasProps) {
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
    const sizes = followSize(canvas, viewer);
    const colours = followColours();
    const stop = paintChanges(painter, canvas, { viewer, painted });
    return () => {
      stop();
      colours();
      sizes();
      canvas.removeEventListener('webglcontextlost', lost);
    };
  }, [open, viewer]);
  return <canvas ref={place} class="picture-canvas" />;
}

function followSize(canvas: HTMLCanvasElement, { view }: Viewer): () => void {
  const measure = () => {
    const ratio = devicePixelRatio;
    const { width, height } = canvas.getBoundingClientRect();
    view.area.value = {
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

function paintChanges(painter: Painter, canvas: HTMLCanvasElement, { viewer, painted }: SurfaceProps): () => void {
  let asked = 0;
  let scene: Scene | null = null;
  const paint = () => {
    asked = 0;
    if (scene === null) return;
    if (canvas.width !== scene.width) canvas.width = scene.width;
    if (canvas.height !== scene.height) canvas.height = scene.height;
    painter.paint(scene);
    painted(canvas);
  };
  const stop = effect(() => {
    scene = sceneOf(viewer);
    if (asked === 0) asked = requestAnimationFrame(paint);
  });
  return () => {
    stop();
    cancelAnimationFrame(asked);
  };
}

function sceneOf({ shown, truePixels, tones, view }: Viewer): Scene | null {
  const now = shown.value;
  if (now === null) return null;
  const { width, height } = view.area.value;
  return {
    frameWidth: now.frameWidth,
    frameHeight: now.frameHeight,
    preview: now,
    truePixels: truePixels.held.value,
    tones: tones.table.value,
    saturatedFrom: saturation.value ? largestOf(now.bitDepth) : ABOVE_ALL,
    colours: coloursNow(),
    placement: view.placement.value,
    width,
    height,
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
