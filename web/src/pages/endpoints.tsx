import { useMemo } from "react";
import { Link, useParams } from "react-router";

import { useApiDocument, useServer } from "../api/queries";
import { eventLink, portalTransport } from "../endpoints/portal-transport";
import { auditLink } from "../lib/filters";
import { useStore } from "../lib/use-store";
import { credential } from "../reference/credential";
import { networkTransport } from "../reference/network-transport";
import { Reference, type OperationLink } from "../reference/reference";
import { ErrorState } from "../ui/states";

/** The API reference inside the portal: calls go in-process as the user, or over the network. */
export default function Endpoints() {
  const { group, route } = useParams();
  const api = useApiDocument();
  const server = useServer();
  const given = useStore(credential);
  const transports = useMemo(
    () => (api.data ? [portalTransport(), networkTransport(`${location.origin}/`, api.data, given, eventLink)] : []),
    [api.data, given],
  );
  if (api.isError && !api.data)
    return <ErrorState error={api.error} title="No API document" retry={() => void api.refetch()} />;
  return (
    <>
      <h1 className="sr-only">Endpoints</h1>
      <Reference
        document={api.data}
        selected={route ? { group, id: route } : null}
        Link={RouterLink}
        transports={transports}
        baseUrl={server.data?.base_url ?? location.origin}
        links={(operation) => (
          <Link className="link" to={auditLink({ route_name: operation.id })}>
            Requests
          </Link>
        )}
      />
    </>
  );
}

const RouterLink: OperationLink = ({ to, className, current, children }) => (
  <Link
    to={to ? `/endpoints/${encodeURIComponent(to.group)}/${encodeURIComponent(to.id)}` : "/endpoints"}
    className={className}
    aria-current={current ? "page" : undefined}
  >
    {children}
  </Link>
);
