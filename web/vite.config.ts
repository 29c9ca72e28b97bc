import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const OUT = "../static-build";
const PLACEHOLDER = ".gitkeep";
const COMPRESSIBLE = /\.(?:html|js|css|svg|json|txt|webmanifest)$/;

/** Empties the output folder but for the file that keeps it in git. */
function clean(): Plugin {
  return {
    name: "clean-output",
    apply: "build",
    buildStart() {
      for (const name of readdirSync(OUT)) {
        if (name !== PLACEHOLDER) rmSync(join(OUT, name), { recursive: true });
      }
    },
  };
}

/** Writes `FILE.gz` and `FILE.br` beside each file that gets smaller by it. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    enforce: "post",
    closeBundle() {
      for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const plain = readFileSync(path);
        const packed = {
          gz: gzipSync(plain, { level: 9 }),
          br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        };
        for (const [ending, data] of Object.entries(packed)) {
          if (data.length < plain.length) writeFileSync(`${path}.${ending}`, data);
        }
      }
    },
  };
}

const backend = process.env.PORTAL_BACKEND ?? "http://127.0.0.1:8080";
const proxied = ["/api", "/v1", "/docs", "/openapi.json", "/openapi.yaml", "/healthz", "/readyz", "/metrics", "/portal/auth"];

export default defineConfig({
  base: "/portal/",
  plugins: [clean(), react(), tailwindcss(), precompress()],
  build: {
    outDir: OUT,
    emptyOutDir: false,
    target: "es2022",
    // A data: URL for a font or an image would need more than 'self' in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: { include: ["src/**/*.test.ts"] },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: backend, changeOrigin: false }])) },
});
