/** Paths of clients: what leads out of a folder, in whatever writing, is refused before anything looks at it. */
import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** Whether the path of a request's URL is a plain one: absolute, decodable, without `..`, backslashes and NUL. */
export function isHonestPath(url: string): boolean {
  const path = url.split('?', 1)[0] ?? '';
  if (!path.startsWith('/')) return false;
  try {
    const decoded = decodeURIComponent(path);
    return !/[\\\p{Cc}]/u.test(decoded) && !decoded.split('/').some((part) => part === '..' || part === '.');
  } catch {
    return false;
  }
}

/**
 * The true path of `path` in `folder`; null where there is none, or where it leads out of it, by `..`, as an absolute path or by a symbolic
 * link.
 */
export function pathInside(folder: string, path: string): string | null {
  if (path.includes('\0')) return null;
  try {
    const root = realpathSync(folder);
    const found = realpathSync(resolve(root, path));
    return found === root || found.startsWith(root.endsWith(sep) ? root : root + sep) ? found : null;
  } catch {
    return null;
  }
}
