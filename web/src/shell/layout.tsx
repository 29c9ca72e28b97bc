import { WifiOff } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Navigate, Outlet, useLocation, useNavigation } from "react-router";

import { connection, session } from "../api/client";
import { queryClient } from "../api/options";
import { useMe } from "../api/queries";
import { loadChunk } from "../lib/chunk";
import { readStored, writeStored } from "../lib/store";
import { useStore } from "../lib/use-store";
import { NAV_ITEMS } from "./nav";
import { Sidebar } from "./sidebar";
import { currentPath } from "./session";
import { TopBar } from "./topbar";

const Overlay = lazy(() => loadChunk(() => import("./overlay")));

/** Frame around each page, and access control. */
export function Layout() {
  const where = useLocation();
  const state = useStore(session);
  const reach = useStore(connection);
  const me = useMe();
  const loading = useNavigation().state === "loading";
  const [narrow, setNarrow] = useState(readStored("local", "api-test.rail") === "narrow");
  const [drawer, setDrawer] = useState(false);
  const page = useRef<HTMLElement>(null);

  useEffect(() => {
    if (me.data && session.get() === "unknown") session.set("in");
  }, [me.data]);
  useEffect(() => {
    // An event sets its own title.
    if (where.pathname.startsWith("/event/")) return;
    const item = NAV_ITEMS.find((entry) => where.pathname.startsWith(entry.to));
    document.title = `${item?.label ?? (where.pathname.startsWith("/compare") ? "Compare" : "Portal")} · api-test`;
  }, [where.pathname]);

  // Each page starts at its top. An event beside its list belongs to the same page.
  const [, name] = where.pathname.split("/");
  useEffect(() => {
    page.current?.scrollTo(0, 0);
  }, [name]);

  if (state === "out") return <Navigate to={`/login?return=${encodeURIComponent(currentPath())}`} replace />;

  return (
    <div className="flex h-full flex-col">
      <a
        href="#page"
        className="sr-only z-50 rounded bg-accent px-3 py-1 text-accent-ink focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <TopBar onMenu={() => setDrawer(true)} />
      {loading && <div className="loading-bar" aria-hidden />}
      {reach === "down" && <ReachBanner />}
      <div className="flex min-h-0 flex-1">
        <div className="hidden shrink-0 border-r border-line bg-surface md:block">
          <Sidebar
            narrow={narrow}
            onNarrow={(next) => {
              writeStored("local", "api-test.rail", next ? "narrow" : null);
              setNarrow(next);
            }}
          />
        </div>
        <main
          ref={page}
          aria-busy={loading}
          id="page"
          tabIndex={-1}
          className="relative flex min-h-0 min-w-0 flex-1 flex-col overflow-auto focus:outline-none"
        >
          <Outlet />
        </main>
      </div>
      <Suspense fallback={null}>
        {(drawer || state === "ended") && <Overlay drawer={drawer} onDrawer={setDrawer} ended={state === "ended"} />}
      </Suspense>
    </div>
  );
}

/** Banner while the server can't be reached; repeats all queries when it is back. */
function ReachBanner() {
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        fetch("/healthz", { cache: "no-store" })
          .then((answer) => {
            if (!answer.ok) throw new Error("not yet");
            connection.set("up");
            void queryClient.invalidateQueries();
          })
          .catch(() => setTries((before) => before + 1));
      },
      Math.min(1000 * 1.5 ** tries, 5000),
    );
    return () => clearTimeout(timer);
  }, [tries]);
  return (
    <div
      role="alert"
      className="flex shrink-0 items-center gap-2 border-b border-line bg-client-soft px-3 py-1.5 text-client"
    >
      <WifiOff size={14} aria-hidden className="shrink-0" />
      <span>The server can&apos;t be reached. Showing the last data received. Reconnecting…</span>
    </div>
  );
}
