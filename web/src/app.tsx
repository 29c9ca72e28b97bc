import { QueryClientProvider } from "@tanstack/react-query";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, redirect, RouterProvider, type RouteObject } from "react-router";

import { prefetchQuery, meOptions, queryClient } from "./api/options";
import { HOME, LOGIN, PAGES, prepare, type PageRoute } from "./routes";
import { Layout } from "./shell/layout";
import { RouteError } from "./shell/route-error";
import { Prepare } from "./ui/prepared-link";

function routeOf({ path, load, prefetch, once, children }: PageRoute): RouteObject {
  const route: RouteObject = {
    path,
    lazy: async () => ({ Component: (await load()).default }),
    loader: ({ params, request }) => {
      prefetch?.(params, new URL(request.url).searchParams);
      return null;
    },
    shouldRevalidate: once ? () => false : undefined,
    children: children?.map(routeOf),
  };
  // The router renders no error element of a route whose file could not be fetched, only that of a parent.
  return { errorElement: <RouteError />, children: [route] };
}

const never = () => false;

const ROUTES: RouteObject[] = [
  routeOf(LOGIN),
  {
    element: <Layout />,
    errorElement: <RouteError />,
    loader: () => {
      prefetchQuery(meOptions);
      return null;
    },
    shouldRevalidate: never,
    children: [{ index: true, loader: () => redirect(`/${HOME}`) }, ...PAGES.map(routeOf)],
  },
];

/** Renders the portal once the file of the first page is loaded; in slices, so that input is not delayed. */
export function start(): void {
  const router = createBrowserRouter(ROUTES, { basename: "/portal" });
  const root = createRoot(document.getElementById("root")!);
  const draw = () =>
    startTransition(() =>
      root.render(
        <StrictMode>
          <QueryClientProvider client={queryClient}>
            <Prepare value={prepare}>
              <RouterProvider router={router} />
            </Prepare>
          </QueryClientProvider>
        </StrictMode>,
      ),
    );
  if (router.state.initialized) draw();
  else {
    const stop = router.subscribe((state) => {
      if (!state.initialized) return;
      stop();
      draw();
    });
  }
}
