/** The whole page: what is always seen, and the view that is chosen. */
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { Header } from './header.js';

/** A view of the page; a component of its own file each. */
export interface View {
  /** In the address, behind `#`. */
  readonly name: string;
  readonly label: string;
  readonly content: ComponentType;
}

const VIEWS: readonly View[] = [];
const chosen = signal(location.hash.slice(1));
addEventListener('hashchange', () => {
  chosen.value = location.hash.slice(1);
});

export function Page() {
  const view = VIEWS.find(({ name }) => name === chosen.value) ?? VIEWS[0];
  const Content = view?.content;
  return (
    <>
      <Header views={VIEWS} chosen={view?.name ?? ''} />
      <main>{Content === undefined ? null : <Content />}</main>
    </>
  );
}
