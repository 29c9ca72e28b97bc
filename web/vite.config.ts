import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const OUT = "../static-build";
const ROUTER = "node_modules/react-router/dist/production/index.mjs";
const PLACEHOLDER = ".gitkeep";
const COMPRESSIBLE = /\.(?:html|js|css|svg|json|txt|webmanifest)$/;

/** Empties the output folder, except for the file that keeps it in git. */
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

/** Writes `FILE.gz` and `FILE.br` for each file that they make smaller. */
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

/** Adds the chunks of each portal page to its HTML, so that they are fetched together with the importing one. */
function preloadCore(): Plugin {
  return {
    name: "preload-core",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, context) {
        // The reference imports them outright, which Vite turns into the same links.
        if (!context.filename.endsWith("index.html")) return html;
        const needed = Object.values(context.bundle ?? {}).filter(
          (file) => file.type === "chunk" && (file.name === "core" || file.name === "portal"),
        );
        if (needed.length !== 2) throw new Error("no chunks are called core and portal");
        return {
          html,
          tags: needed
            .map((chunk) => addressOf(chunk.fileName, context.filename))
            .filter((href) => !html.includes(`href="${href}"`))
            .map((href) => ({
              tag: "link",
              attrs: { rel: "modulepreload", crossorigin: true, href },
              injectTo: "head" as const,
            })),
        };
      },
    },
  };
}

/** Address of a built file in a page. For `/docs` it is relative, so that the page works behind a path prefix. */
const addressOf = (file: string, page: string) => (page.endsWith("docs.html") ? `docs/${file}` : `/portal/${file}`);

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
  // Scripts and styles use relative addresses, because they are served under /portal/ and under /docs/.
  experimental: {
    renderBuiltUrl: (file, { hostId, hostType }) =>
      hostType === "html" ? addressOf(file, hostId) : { relative: true },
  },
  resolve: {
    // The package exports only its development build, whose warnings are for developers.
    alias: [{ find: /^react-router$/, replacement: join(import.meta.dirname, ROUTER) }],
  },
  plugins: [clean(), react(), tailwindcss(), preloadCore(), precompress()],
  build: {
    outDir: OUT,
    emptyOutDir: false,
    target: "es2022",
    // A data: URL for a font or an image would need a wider policy than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: ["index.html", "docs.html"],
      output: {
        codeSplitting: {
          groups: [
            // Shared by both pages, so it must not run the start of the portal.
            {
              name: "base",
              test: /vite\/preload-helper|\/src\/((api\/errors|lib\/(chunk|store|theme))\.ts|styles\.css)$/,
              priority: 4,
            },
            // API calls of the portal, and its start, without React.
            {
              name: "calls",
              test: /\/node_modules\/(openapi-fetch\/|@tanstack\/query-core\/(?!.*\/(queries|mutation)Observer))|\/src\/(api\/(client|options)|lib\/filters)\.ts$/,
              priority: 3,
            },
            { name: "first", test: /\/src\/(main\.tsx|routes\.ts)$/, priority: 3 },
            // Code of all pages in two files, because browsers open only six connections to a server.
            {
              name: "core",
              test: /\/node_modules\/(react\/|react-dom\/|scheduler\/|lucide-react\/(?!.*\/icons\/))|\/src\/(ui\/(cx|button|status|text|segmented-control|states|theme-button|logo)|lib\/(use-store|use-title|format|text))/,
              priority: 2,
            },
            {
              name: "portal",
              test: /\/node_modules\/(react-router\/|@tanstack\/react-query\/(?!.*\/use(Queries|Mutation)))|\/src\/(app|shell\/(?!overlay|sign-in-form)|ui\/prepared-link|api\/(?!stream))/,
              priority: 1,
            },
            // Needed by most pages except the first. The reference loads it too, so it must not import the portal.
            { name: "controls", test: /\/src\/ui\/(copy|menu|lazy-popup|field|search-field)/, priority: 0 },
          ],
        },
      },
    },
  },
  test: { include: ["src/**/*.test.ts"] },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: backend, changeOrigin: false }])) },
});
