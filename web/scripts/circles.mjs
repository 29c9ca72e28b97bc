// Fails when files of src import each other in a circle, directly or indirectly; the same for folders. Types count as
// much as values. Part of npm run lint.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "../src");
const ENDINGS = ["", ".ts", ".tsx", "/index.ts", "/index.tsx"];

const sources = readdirSync(ROOT, { recursive: true })
  .filter((name) => /\.tsx?$/.test(name) && !/\.d\.ts$|__tests__/.test(name))
  .map((name) => join(ROOT, name));

/** Returns the file of an import; `null` for a package, a style sheet or a picture. */
function target(from, name) {
  if (!name.startsWith(".")) return null;
  const path = resolve(dirname(from), name);
  const found = ENDINGS.map((ending) => path + ending).find((file) => existsSync(file) && statSync(file).isFile());
  if (!found) throw new Error(`${relative(ROOT, from)}: nothing is at ${name}`);
  return /\.tsx?$/.test(found) ? found : null;
}

function add(graph, from, to) {
  if (!graph.has(from)) graph.set(from, new Set());
  if (from !== to) graph.get(from).add(to);
}

const files = new Map();
const folders = new Map();
const folderOf = (file) => dirname(relative(ROOT, file));
for (const file of sources) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  for (const { fileName } of importedFiles) {
    const to = target(file, fileName);
    if (!to) continue;
    add(files, relative(ROOT, file), relative(ROOT, to));
    add(folders, folderOf(file), folderOf(to));
  }
}

/** Returns the circles of a graph: its strongly connected components of more than one node (Tarjan). */
function circles(graph) {
  const found = [];
  const index = new Map();
  const low = new Map();
  const stack = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

let failed = false;
for (const [kind, graph] of [
  ["files", files],
  ["folders", folders],
]) {
  for (const circle of circles(graph)) {
    failed = true;
    console.error(`${kind} in a circle: ${circle.join(", ")}`);
    for (const from of circle) {
      for (const to of graph.get(from) ?? []) if (circle.includes(to)) console.error(`  ${from} → ${to}`);
    }
  }
}
process.exit(failed ? 1 : 0);
