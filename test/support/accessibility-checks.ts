/** What assistive programs get of a page, and what hands and eyes do: names, headings, references, order of the keys, size of what is touched. */
import type { Page } from 'playwright-core';

/** Roles that are operated; each must have a name. Options have their text. */
const OPERATED_ROLES: readonly string[] = [
  'button',
  'checkbox',
  'combobox',
  'link',
  'listbox',
  'menuitem',
  'radio',
  'searchbox',
  'slider',
  'spinbutton',
  'switch',
  'tab',
  'textbox',
  'DisclosureTriangle',
];
/** What is one thing among others of its kind must say which. */
const NAMED_ROLES: readonly string[] = [...OPERATED_ROLES, 'region', 'dialog', 'image', 'img', 'navigation'];

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: unknown };
  readonly name?: { readonly value?: unknown };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
}

/** The page as the browser tells it to assistive programs. */
export interface Accessible {
  /** How many things are operated. */
  readonly operated: number;
  /** Roles of what has no name, with what is known of it. */
  readonly nameless: readonly string[];
  /** Levels of the headings from the top. */
  readonly levels: readonly number[];
  readonly landmarks: readonly string[];
}

/** Names as the browser computes them, from labels, contents and aria attributes (Accessible Name and Description Computation). */
export async function accessibleOf(page: Page): Promise<Accessible> {
  const session = await page.context().newCDPSession(page);
  try {
    const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly AccessibleNode[] };
    const seen = nodes.filter(({ ignored }) => !ignored);
    const roleOf = (node: AccessibleNode) => String(node.role?.value ?? '');
    const nameOf = (node: AccessibleNode) => String(node.name?.value ?? '').trim();
    const levelOf = (node: AccessibleNode) =>
      Number(node.properties?.find(({ name }) => name === 'level')?.value.value ?? 0);
    return {
      operated: seen.filter((node) => OPERATED_ROLES.includes(roleOf(node))).length,
      nameless: seen.filter((node) => NAMED_ROLES.includes(roleOf(node)) && nameOf(node) === '').map(roleOf),
      levels: seen.filter((node) => roleOf(node) === 'heading').map(levelOf),
      landmarks: seen.map(roleOf).filter((role) => ['banner', 'navigation', 'main'].includes(role)),
    };
  } finally {
    await session.detach();
  }
}

/** What is wrong with the headings: none or several of the first level, and levels that are left out on the way down. */
export function headingFaults(levels: readonly number[]): string[] {
  const first = levels.filter((level) => level === 1).length;
  const faults = first === 1 ? [] : [`${first} headings of level 1`];
  levels.forEach((level, i) => {
    const before = levels[i - 1] ?? 0;
    if (level > before + 1) faults.push(`heading ${i + 1} is of level ${level} behind level ${before}`);
  });
  return faults;
}

/** Identifiers that stand twice, references to none, labels of nothing, roles of the browser that an own tabindex puts out of order. */
const STRUCTURE_FAULTS = `(() => {
  const faults = [];
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) faults.push('id ' + id + ' stands twice');
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'list']) {
    for (const element of document.querySelectorAll('[' + attribute + ']')) {
      for (const id of element.getAttribute(attribute).split(/\\s+/)) {
        if (!ids.includes(id)) faults.push(attribute + ' names ' + id + ', which is not there');
      }
    }
  }
  for (const label of document.querySelectorAll('label')) {
    if (label.control === null && !document.getElementById(label.htmlFor)) faults.push('a label of nothing: ' + label.textContent);
  }
  for (const element of document.querySelectorAll('[tabindex]')) {
    if (element.tabIndex > 0) faults.push('tabindex ' + element.tabIndex + ': ' + element.outerHTML.slice(0, 80));
  }
  if (document.documentElement.lang === '') faults.push('the page has no language');
  return faults;
})()`;

/** What is wrong in the page's structure, in words. */
export function structureFaults(page: Page): Promise<string[]> {
  return page.evaluate(STRUCTURE_FAULTS);
}

/**
 * What a finger misses: controls of which less than `least` pixels around their middle take it, in a direction. Links within a sentence are
 * as high as its lines, as in WCAG 2.5.8, and a bar of the timeline has its button in the list below;
 * two handles of a scale may stand in each other's place.
 */
const SMALL_TARGETS = `((least) => {
  const faults = [];
  const reach = least / 2 - 1;
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary, [role="slider"]')) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest('.unseen, .skip, p, .session-bar') !== null) continue;
    element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const { left, top, width, height } = element.getBoundingClientRect();
    const takes = (x, y) => {
      const met = document.elementFromPoint(left + width / 2 + x, top + height / 2 + y);
      return met !== null && (element.contains(met) || [...(element.labels ?? [])].some((label) => label.contains(met)) || (element.role === 'slider' && met.role === 'slider'));
    };
    const missed = [[-reach, 0], [reach, 0], [0, -reach], [0, reach]].filter(([x, y]) => !takes(x, y));
    if (missed.length > 0) faults.push(width.toFixed(0) + ' x ' + height.toFixed(0) + ': ' + element.outerHTML.slice(0, 100));
  }
  scrollTo({ top: 0, behavior: 'instant' });
  return faults;
})`;

/** The beginning of the HTML of what is smaller than a finger needs. */
export function smallTargets(page: Page, leastPx: number): Promise<string[]> {
  return page.evaluate(`${SMALL_TARGETS}(${leastPx})`);
}
