/**
 * Builds what is shipped into dist/. It runs as it is, without node_modules: `node dist/cli/main.js serve`.
 *
 * usage: npm run build [-- FOLDER]
 */
import path from "node:path";
import { buildProgram } from "./build/program.ts";

const root = path.join(import.meta.dirname, "..");
const out = path.resolve(process.argv[2] ?? path.join(root, "dist"));
const { modules, packages } = await buildProgram(root, out);
console.log(`${path.relative(process.cwd(), out)}: ${modules} modules and ${packages} packages`);
