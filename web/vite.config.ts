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

/** Names the chunk that each page needs in the HTML, so that it is fetched beside the one that asks for it. */
function preloadCore(): Plugin {
  return {
    name: "preload-core",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, context) {
        const core = Object.values(context.bundle ?? {}).find((file) => file.type === "chunk" && file.name === "core");
        if (!core) throw new Error("no chunk is called core");
        const href = `/portal/${core.fileName}`;
        if (html.includes(`href="${href}"`)) return html;
        return {
          html,
          tags: [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href }, injectTo: "head" }],
        };
      },
    },
  };
}

const backend = process.env.PORTAL_BACKEND ?? "http://127.0.0.1:8080";
const proxied = [
  "/api",
  "/v1",
  "/docs",
  "/openapi.json",
  "/openapi.yaml",
  "/healthz",
  "/readyz",
  "/metrics",
  "/portal/auth",
];

export default defineConfig({
  base: "/portal/",
  plugins: [clean(), react(), tailwindcss(), preloadCore(), precompress()],
  build: {
    outDir: OUT,
    emptyOutDir: false,
    target: "es2022",
    // A data: URL for a font or an image would need more than 'self' in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What runs first, and has no part of React in it.
            {
              name: "first",
              test: /\/src\/(main\.tsx|pages\.ts|api\/(client|paths)\.ts|lib\/(store|theme|filters)\.ts)$/,
              priority: 2,
            },
            // What each page needs: one file, since browsers ask a server for six at once and no more.
            {
              name: "core",
              test: /\/node_modules\/(react|react-dom|scheduler|react-router|@tanstack\/(query-core|react-query)|lucide-react)\/|\/src\/(app|shell\/(?!overlay)|ui\/(basics|states|menu|later)|audit\/first-call|api\/|lib\/(use-store|format|text))/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  test: { include: ["src/**/*.test.ts"] },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: backend, changeOrigin: false }])) },
});
