/** What is drawn over the picture: reticle, compass, the region that the user draws. */
import { compass, mirrored, northDeg, reticle } from './picture-settings.js';
import { frameHeight, frameWidth } from './planes.js';
import { region } from './region-state.js';
import { area, placement, screenAt } from './view.js';

/** Radii of the reticle's circles, as shares of the frame's height. */
const CIRCLES = [0.05, 0.15, 0.3] as const;
const ARROW_PX = 44;

export function Overlay() {
  const { width, height, ratio } = area.value;
  if (frameWidth.value === 0) return null;
  return (
    <svg class="picture-overlay" viewBox={`0 0 ${width / ratio} ${height / ratio}`} aria-hidden="true">
      {reticle.value ? <Reticle /> : null}
      {region.value === null ? null : <RegionFrame />}
      {compass.value ? <Compass x={70} y={height / ratio - 70} /> : null}
    </svg>
  );
}

/** At the middle of the frame. */
function Reticle() {
  const middle = screenAt(frameWidth.value / 2, frameHeight.value / 2);
  const pixel = placement.value.scale / area.value.ratio;
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

function RegionFrame() {
  const drawn = region.value;
  if (drawn === null) return null;
  const from = screenAt(drawn.x, drawn.y);
  const to = screenAt(drawn.x + drawn.width, drawn.y + drawn.height);
  return <rect class="region-frame" x={from.x} y={from.y} width={to.x - from.x} height={to.y - from.y} />;
}
