// The layer rule: gps < pipeline < storage < src; imports go only downward. bench and test may import all.
// Across folders an import is written '#gps/...', '#pipeline/...', '#storage/...', '#src/...'; within a folder it is relative.
// Where a folder has floors, an import from one of its folders goes to the same folder or to a lower floor.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const layers = ['gps', 'pipeline', 'storage', 'src'];

/** From the lowest floor up. What stands on one floor does not know each other; files beside these folders may import all of them. */
const floors = {
  src: [
    ['config', 'focus', 'times'],
    ['archive', 'cameras'],
    ['calibration'],
    ['station'],
    ['audit', 'control', 'doctor', 'night'],
    ['servers'],
    ['cli'],
  ],
  'src/cameras': [['gige-vision'], ['sdk', 'simulator'], ['bridge', 'qhy', 'replay', 'toupcam']],
};

/** The program itself, which may be started from anywhere as a user starts it. */
const PROGRAM = 'src/cli/main.js';

const importPattern = /(?:from\s+|import\s*\(\s*|import\s+|new URL\(\s*)'([^']+)'/g;

const inSlashes = (path) => path.split(sep).join('/');

function sourcesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** What an import names, as a path from the root; null for a package. */
function targetOf(specifier, file, root) {
  if (specifier.startsWith('#')) return { path: specifier.slice(1), relative: false };
  if (!specifier.startsWith('.')) return null;
  return { path: inSlashes(relative(root, resolve(dirname(file), specifier))), relative: true };
}

/** The folder directly in `parent` that `path` stands in; null where there is none. */
function folderIn(parent, path) {
  if (!path.startsWith(`${parent}/`)) return null;
  const [folder, ...rest] = path.slice(parent.length + 1).split('/');
  return rest.length === 0 ? null : folder;
}

const floorOf = (parent, folder) => floors[parent].findIndex((floor) => floor.includes(folder));

/** What is wrong with an import between the folders of `parent`; null: nothing. */
function floorBreach(parent, from, to) {
  const [own, other] = [folderIn(parent, from), folderIn(parent, to)];
  if (own === null || other === null || own === other || to === PROGRAM) return null;
  if (floorOf(parent, other) < floorOf(parent, own)) return null;
  return `${parent}/${own} must not import from ${parent}/${other}`;
}

/** What is wrong with an import across the layers; null: nothing. */
function layerBreach(specifier, layer, target) {
  const other = target.path.split('/')[0];
  if (other === layer) return null;
  // Files beside the sources (package.json, the built addon) are not a layer.
  if (!layers.includes(other)) return target.relative ? null : `${layer} must not import ${specifier}`;
  if (layers.indexOf(other) > layers.indexOf(layer)) return `${layer} must not import from ${other} (${specifier})`;
  return target.relative ? `write '#${other}/...' instead of ${specifier}` : null;
}

/** Every breach of the rule below `root`, one line each: file, line, what is wrong. */
export function layerViolations(root) {
  const found = [];
  for (const layer of layers) {
    for (const file of sourcesBelow(join(root, layer))) {
      const path = inSlashes(relative(root, file));
      for (const parent of Object.keys(floors)) {
        const folder = folderIn(parent, path);
        if (folder !== null && floorOf(parent, folder) < 0) {
          found.push(`${path}: ${parent}/${folder} has no floor yet; give it one in scripts/layers.mjs`);
        }
      }
      const text = readFileSync(file, 'utf8');
      for (const match of text.matchAll(importPattern)) {
        const target = targetOf(match[1], file, root);
        if (target === null) continue;
        const breaches = [
          layerBreach(match[1], layer, target),
          ...Object.keys(floors).map((parent) => floorBreach(parent, path, target.path)),
        ];
        const line = text.slice(0, match.index).split('\n').length;
        for (const breach of breaches) if (breach !== null) found.push(`${path}:${line}: ${breach}`);
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
