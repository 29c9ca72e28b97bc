import { useLocation, useNavigate, useRouteError } from "react-router";

import { queryClient } from "../api/options";
import { ChunkError } from "../lib/chunk";
import { ErrorState } from "../ui/states";

/** Stands in place of a page that failed; the layout around it stays. */
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
    // The data that the page failed on must not come out of the cache again.
    queryClient.removeQueries({ type: "inactive" });
    void navigate(pathname + search, { replace: true });
  };
  return <ErrorState error={error} title="This page failed" retry={retry} />;
}
