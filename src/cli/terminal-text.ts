/** Text for a terminal. */

/** Without what could steer a terminal: an index may hold what a hostile file or camera wrote. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
