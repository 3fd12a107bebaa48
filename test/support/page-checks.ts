/** Measurements inside of a page: contrast of its texts, what the keyboard reaches, what stands out at its side, the colours of its pixels. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';

// What runs in the page is text: the program's own types know no document.

/**
 * Contrast after WCAG 2 of every text that is seen: colour of the text over the grounds of all elements around it, transparency included.
 * Controls that are disabled are left out, as there.
 */
const TEXTS_BELOW = `((least, isRed) => {
  const surface = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      surface.clearRect(0, 0, 1, 1);
      surface.fillStyle = colour;
      surface.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = surface.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
  const groundOf = (element) => {
    const own = element === null ? [0, 0, 0, 1] : rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, groundOf(element.parentElement));
  };
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + (isRed ? 0 : 0.7152 * linear(g) + 0.0722 * linear(b));
  const opacityOf = (element) =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement);
  const found = [];
  let count = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const typed = element.matches('input:not([type="range"], [type="checkbox"], [type="radio"]), textarea') ? element.value || element.placeholder : '';
    const words = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(' ').trim() || typed;
    if (words === '' || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest('.unseen, svg, :disabled, [aria-disabled="true"]') !== null) continue;
    count++;
    const ground = groundOf(element);
    const [r, g, b, a] = rgba(getComputedStyle(element).color);
    const text = over([r, g, b, a * opacityOf(element)], ground);
    const [dark, light] = [luminance(text), luminance(ground)].sort((one, other) => one - other);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < least) found.push(contrast.toFixed(2) + ' to 1: ' + words.slice(0, 40));
  }
  return { count, found };
})`;

/** Texts whose contrast is below `least`, in words, and how many there are at all; in night mode only red counts. */
export function textsBelow(page: Page, least: number, isNight: boolean): Promise<{ count: number; found: string[] }> {
  return page.evaluate(`${TEXTS_BELOW}(${least}, ${isNight})`);
}

const OPERATED = 'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex="0"]';

/** Notes each element that gets the focus, whether this is seen, and steps that lead back up within a column. */
const FOLLOW_FOCUS = `(() => {
  window.reached = new Set();
  window.unringed = [];
  window.astray = [];
  window.following?.abort();
  window.following = new AbortController();
  let before = null;
  const placeOf = (element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { element, left, right, top: top + scrollY, bottom: bottom + scrollY, isApart: element.closest('dialog, .skip, header') !== null };
  };
  document.addEventListener('focusin', ({ target }) => {
    const isFirst = !window.reached.has(target);
    window.reached.add(target);
    const now = placeOf(target);
    const isBelow = before !== null && now.left < before.right && now.right > before.left;
    if (isFirst && isBelow && !now.isApart && !before.isApart && now.bottom <= before.top) {
      window.astray.push(before.element.outerHTML.slice(0, 80) + ' -> ' + target.outerHTML.slice(0, 80));
    }
    before = now;
    const { outlineStyle, outlineWidth } = getComputedStyle(target);
    if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 1) window.unringed.push(target.outerHTML.slice(0, 120));
  }, { signal: window.following.signal });
})()`;

const OPERATED_NOW = `[...document.querySelectorAll('${OPERATED}')].filter((element) => element.checkVisibility({ visibilityProperty: true }))`;

const KEYBOARD_RESULT = `(() => {
  const now = ${OPERATED_NOW};
  const unreached = now.filter((element) => !window.reached.has(element)).map((element) => element.outerHTML.slice(0, 120));
  return { count: now.length, unreached, unringed: window.unringed, astray: window.astray };
})()`;

export interface KeyboardResult {
  readonly count: number;
  /** Elements that Tab does not come to, and those that do not show that they have the focus: the beginning of their HTML. */
  readonly unreached: readonly string[];
  readonly unringed: readonly string[];
  /** Steps that lead back up within a column of the page. */
  readonly astray: readonly string[];
}

/** Goes once round the view by Tab. */
export async function goRoundByTab(page: Page): Promise<KeyboardResult> {
  await page.evaluate(FOLLOW_FOCUS);
  const count = Number(await page.evaluate(`${OPERATED_NOW}.length`));
  // Behind the last the browser itself has the focus once; some more for what came meanwhile, such as a gap.
  for (let i = 0; i < count + 6; i++) await page.keyboard.press('Tab');
  return page.evaluate(KEYBOARD_RESULT);
}

/** Pixels by which the page is wider than its window. */
export function widthTooMuch(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue, one byte each. */
  readonly rgb: Buffer;
}

/** The pixels of a screenshot. */
export async function pixelsOf(png: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(png)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

/** The whole of a view as a user sees it: its windows one below the other. */
export async function windowsOf(page: Page): Promise<Pixels[]> {
  const found: Pixels[] = [];
  const windows = Number(await page.evaluate('Math.ceil(document.documentElement.scrollHeight / innerHeight)'));
  for (let i = 0; i < windows; i++) {
    await page.evaluate(`scrollTo(0, ${i} * innerHeight)`);
    found.push(await pixelsOf(await page.screenshot()));
  }
  await page.evaluate('scrollTo(0, 0)');
  return found;
}

/** How many pixels have green or blue in them. */
export function countNotRed({ rgb }: Pixels): number {
  let count = 0;
  for (let at = 0; at < rgb.length; at += 3) {
    if (rgb[at + 1] !== 0 || rgb[at + 2] !== 0) count++;
  }
  return count;
}
