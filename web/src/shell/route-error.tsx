import { useLocation, useNavigate, useRouteError } from "react-router";

import { queryClient } from "../api/options";
import { ChunkError } from "../lib/chunk";
import { ErrorState } from "../ui/states";

/** Error of a page, in its place; the layout around it stays. */
export function RouteError() {
  const error = useRouteError();
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  if (error instanceof ChunkError) {
    return (
      <ErrorState
        error={error}
        title={error.why === "updated" ? "The portal was updated" : "This page could not be loaded"}
        advice={error.why === "updated" ? "Reload to get the new one." : "Reload when the server is back."}
        action="Reload"
        retry={() => location.reload()}
      />
    );
  }
  const retry = () => {
    // The data on which the page failed must not be served from the cache.
    queryClient.removeQueries({ type: "inactive" });
    void navigate(pathname + search, { replace: true });
  };
  return <ErrorState error={error} title="This page failed" retry={retry} />;
}
