// Holds a page against AsyncAPI's official parser: every remark with its line, exit 1 where it is no valid document.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const page = process.argv[2];
const { document, diagnostics } = await new Parser().parse(readFileSync(page, "utf8"));
for (const { range, severity, message } of diagnostics) {
  console.log(`${page}:${range.start.line + 1}: ${["error", "warning", "info", "hint"][severity]}: ${message}`);
}
console.log(document ? `asyncapi: valid AsyncAPI ${document.version()}` : "asyncapi: NOT valid");
process.exit(document ? 0 : 1);
