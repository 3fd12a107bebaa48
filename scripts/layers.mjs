// The layer rule: gps < pipeline < storage < src; imports go only downward. bench and test may import all.
// Across folders an import is written '#gps/...', '#pipeline/...', '#storage/...', '#src/...'; within a folder it is relative.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const layers = ['gps', 'pipeline', 'storage', 'src'];
const importPattern = /(?:from\s+|import\s*\(\s*|import\s+|new URL\(\s*)'([^']+)'/g;

function sourcesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function layerOfImport(specifier, file, root) {
  if (specifier.startsWith('#')) return { layer: specifier.slice(1).split('/')[0], relative: false };
  if (!specifier.startsWith('.')) return null;
  return { layer: relative(root, resolve(dirname(file), specifier)).split(sep)[0], relative: true };
}

/** Every breach of the rule below `root`, one line each: file, line, what is wrong. */
export function layerViolations(root) {
  const found = [];
  for (const layer of layers) {
    for (const file of sourcesBelow(join(root, layer))) {
      const text = readFileSync(file, 'utf8');
      for (const match of text.matchAll(importPattern)) {
        const target = layerOfImport(match[1], file, root);
        if (target === null || target.layer === layer) continue;
        const where = `${relative(root, file)}:${text.slice(0, match.index).split('\n').length}`;
        if (!layers.includes(target.layer)) {
          // Files beside the sources (package.json, the built addon) are not a layer.
          if (!target.relative) found.push(`${where}: ${layer} must not import ${match[1]}`);
        } else if (layers.indexOf(target.layer) > layers.indexOf(layer)) {
          found.push(`${where}: ${layer} must not import from ${target.layer} (${match[1]})`);
        } else if (target.relative) {
          found.push(`${where}: write '#${target.layer}/...' instead of ${match[1]}`);
        }
      }
    }
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const found = layerViolations(root);
  for (const line of found) process.stderr.write(`${line}\n`);
  process.exit(found.length > 0 ? 1 : 0);
}
