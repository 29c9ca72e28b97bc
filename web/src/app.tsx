import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, startTransition, StrictMode, type ComponentType, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";

import { queryClient } from "./api/options";
import { heldPage, PAGES, type PageName } from "./pages";
import { Layout } from "./shell/layout";

/** Page: shown at once if its file is loaded, otherwise when it has arrived. */
function page(name: PageName): ReactNode {
  const Held = heldPage(name);
  if (Held) return <Held />;
  const Later = LATER[name];
  return <Later />;
}

const LATER = Object.fromEntries(
  Object.entries(PAGES).map(([name, load]) => [name, lazy(load as () => Promise<{ default: ComponentType }>)]),
) as unknown as Record<PageName, ComponentType>;

function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <BrowserRouter basename="/portal">
        <Routes>
          <Route path="/login" element={page("login")} />
          <Route element={<Layout />}>
            <Route index element={<Navigate to="/dashboard" replace />} />
            <Route path="/dashboard" element={page("dashboard")} />
            <Route path="/audit" element={page("audit")} />
            <Route path="/audit/:id" element={page("audit")} />
            <Route path="/event/:id" element={page("event")} />
            <Route path="/compare" element={page("compare")} />
            <Route path="/endpoints" element={page("endpoints")} />
            <Route path="/endpoints/:group/:route" element={page("endpoints")} />
            <Route path="/keys" element={page("keys")} />
            <Route path="/config" element={page("config")} />
            <Route path="/about" element={page("about")} />
            <Route path="*" element={page("nowhere")} />
          </Route>
        </Routes>
      </BrowserRouter>
    </QueryClientProvider>
  );
}

/** Renders the portal into the page, in slices, so that input is not delayed. */
export function start(): void {
  const root = createRoot(document.getElementById("root")!);
  startTransition(() =>
    root.render(
      <StrictMode>
        <App />
      </StrictMode>,
    ),
  );
}
