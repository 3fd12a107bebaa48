// Before anything is painted: night mode as this browser keeps it, so that no page ever begins in white or blue. night-mode.ts has the rest.
(() => {
  try {
    if (localStorage.getItem('appulse.night') !== 'true') return;
  } catch {
    return;
  }
  document.documentElement.toggleAttribute('data-night', true);
  document.querySelector('meta[name="theme-color"]').setAttribute('content', '#000000');
  document.querySelector('link[rel="icon"]').setAttribute('href', './icon-night.svg');
})();
