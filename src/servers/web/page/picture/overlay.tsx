/** What is drawn over the picture: reticle, compass, the region that the user draws. */
import { compass, mirrored, northDeg, reticle } from './picture-settings.js';
import { drawnRegion } from './region-state.js';
import type { Viewer } from './viewer.js';

/** Radii of the reticle's circles, as shares of the frame's height. */
const CIRCLES = [0.05, 0.15, 0.3] as const;
const ARROW_PX = 44;

interface OverlayProps {
  readonly viewer: Viewer;
  /** Whether the region that the user draws is one of this picture. */
  readonly hasRegion: boolean;
}

export function Overlay({ viewer, hasRegion }: OverlayProps) {
  const { width, height, ratio } = viewer.view.area.value;
  if (viewer.frameWidth.value === 0) return null;
  return (
    <svg class="picture-overlay" viewBox={`0 0 ${width / ratio} ${height / ratio}`} aria-hidden="true">
      {reticle.value ? <Reticle viewer={viewer} /> : null}
      {hasRegion ? <RegionFrame viewer={viewer} /> : null}
      {compass.value ? <Compass x={70} y={height / ratio - 70} /> : null}
    </svg>
  );
}

/** At the middle of the frame. */
function Reticle({ viewer: { view, frameWidth, frameHeight } }: { readonly viewer: Viewer }) {
  const middle = view.screenAt(frameWidth.value / 2, frameHeight.value / 2);
  const pixel = view.placement.value.scale / view.area.value.ratio;
  const reach = (frameHeight.value * pixel) / 2;
  const gap = 6;
  return (
    <g class="reticle">
      {CIRCLES.map((share) => (
        <circle key={share} cx={middle.x} cy={middle.y} r={share * frameHeight.value * pixel} />
      ))}
      <path
        d={`M${middle.x - reach} ${middle.y}h${reach - gap}M${middle.x + gap} ${middle.y}h${reach - gap}M${middle.x} ${middle.y - reach}v${reach - gap}M${middle.x} ${middle.y + gap}v${reach - gap}`}
      />
    </g>
  );
}

/** On the sky east is a quarter turn against the clock from north; a mirror turns it round. */
function Compass({ x, y }: { readonly x: number; readonly y: number }) {
  const east = northDeg.value + (mirrored.value ? -90 : 90);
  return (
    <g class="compass">
      <Arrow x={x} y={y} deg={northDeg.value} letter="N" />
      <Arrow x={x} y={y} deg={east} letter="E" />
    </g>
  );
}

/** `deg` from the top against the clock. */
function Arrow(props: { readonly x: number; readonly y: number; readonly deg: number; readonly letter: string }) {
  const { x, y, deg, letter } = props;
  const angle = (deg * Math.PI) / 180;
  const end = { x: x - ARROW_PX * Math.sin(angle), y: y - ARROW_PX * Math.cos(angle) };
  const word = { x: x - (ARROW_PX + 13) * Math.sin(angle), y: y - (ARROW_PX + 13) * Math.cos(angle) };
  const barb = (turn: number) =>
    `M${end.x} ${end.y}L${end.x + 9 * Math.sin(angle + turn)} ${end.y + 9 * Math.cos(angle + turn)}`;
  return (
    <>
      <path d={`M${x} ${y}L${end.x} ${end.y}${barb(0.45)}${barb(-0.45)}`} />
      <text x={word.x} y={word.y}>
        {letter}
      </text>
    </>
  );
}

function RegionFrame({ viewer: { view } }: { readonly viewer: Viewer }) {
  const drawn = drawnRegion.value;
  if (drawn === null) return null;
  const from = view.screenAt(drawn.x, drawn.y);
  const to = view.screenAt(drawn.x + drawn.width, drawn.y + drawn.height);
  return <rect class="region-frame" x={from.x} y={from.y} width={to.x - from.x} height={to.y - from.y} />;
}
