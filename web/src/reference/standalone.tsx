/** The reference as a separate page at `/docs`: no sign-in; calls go over the network with an entered credential. */
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { useStore } from "../lib/use-store";
import { useTitle } from "../lib/use-title";
import { Button } from "../ui/button";
import { ThemeButton } from "../ui/theme-button";
import { credential } from "./credential";
import type { ApiDocument } from "./document";
import { networkTransport } from "./network-transport";
import { Reference, type OperationLink } from "./reference";

/** Folder of the page, so that a path prefix before `/docs` works. */
const BASE = new URL(".", location.href).href;

const onHash = (listener: () => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

/** Operation after `#` in the address. */
function useHash(): string {
  const hash = useSyncExternalStore(onHash, () => location.hash.slice(1));
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

type Loaded = { document?: ApiDocument; error?: string };

function useDocument(): [Loaded, () => void] {
  const [loaded, setLoaded] = useState<Loaded>({});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    fetch(`${BASE}openapi.json`, { headers: { Accept: "application/json" }, signal: controller.signal })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
        return (await answer.json()) as ApiDocument;
      })
      .then(
        (document) => setLoaded({ document }),
        (error: unknown) => {
          if (!controller.signal.aborted) setLoaded({ error: error instanceof Error ? error.message : String(error) });
        },
      );
    return () => controller.abort();
  }, [tries]);
  return [loaded, () => setTries((before) => before + 1)];
}

export function Standalone() {
  const [{ document: api, error }, retry] = useDocument();
  const id = useHash();
  const given = useStore(credential);
  const transports = useMemo(() => (api ? [networkTransport(BASE, api, given)] : []), [api, given]);
  const title = api?.info.title ?? "api-test";
  useTitle(id ? `${id} · ${title} API reference` : `${title} API reference`);
  return (
    <div className="flex h-full flex-col">
      <a
        href="#page"
        className="sr-only z-50 rounded bg-accent px-3 py-1 text-accent-ink focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
        onClick={(event) => {
          // Keep the operation in the address.
          event.preventDefault();
          window.document.getElementById("page")?.focus();
        }}
      >
        Skip to the page
      </a>
      <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line bg-surface px-3">
        <h1 className="min-w-0 truncate font-semibold">{title} API reference</h1>
        <span className="text-ink-3">{api?.info.version}</span>
        <span className="flex-1" />
        <a className="link hidden font-mono text-sm sm:inline" href={`${BASE}openapi.json`}>
          openapi.json
        </a>
        <a className="link hidden font-mono text-sm sm:inline" href={`${BASE}openapi.yaml`}>
          openapi.yaml
        </a>
        <ThemeButton />
      </header>
      <main id="page" tabIndex={-1} className="flex min-h-0 flex-1 flex-col focus:outline-none">
        {error === undefined ? (
          <Reference
            document={api}
            selected={id ? { id } : null}
            Link={OperationAnchor}
            transports={transports}
            baseUrl={BASE}
          />
        ) : (
          <div role="alert" className="mx-auto flex w-full max-w-[640px] flex-col gap-2 px-4 py-10">
            <h2 className="font-semibold">The API document could not be loaded</h2>
            <p className="text-ink-2">
              {BASE}openapi.json: {error}. Check that the server runs, and that a gateway in front of it lets this path
              through.
            </p>
            <div>
              <Button onClick={retry}>Try again</Button>
            </div>
          </div>
        )}
      </main>
    </div>
  );
}

const OperationAnchor: OperationLink = ({ to, className, current, children }) => (
  <a
    href={to ? `#${encodeURIComponent(to.id)}` : "#"}
    className={className}
    aria-current={current ? "page" : undefined}
  >
    {children}
  </a>
);
