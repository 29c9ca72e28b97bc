import { Link } from "react-router";

import { useServer } from "../api/queries";
import { CodeLine } from "../ui/copy";
import { Empty } from "../ui/states";

/** Empty state: shows how to send a first request. */
export default function FirstCall({ span, filtered, level = 2 }: { span?: string; filtered?: boolean; level?: 1 | 2 }) {
  const server = useServer();
  const base = server.data?.base_url ?? location.origin;
  return (
    <Empty level={level} title={filtered ? "No matching requests" : `No requests ${span ? `in the ${span}` : "yet"}`}>
      {filtered ? (
        <p>Widen the time range or remove a filter. Only requests under /v1/ are recorded.</p>
      ) : (
        <p>Only requests under /v1/ are recorded. Send one to see it here:</p>
      )}
      {!filtered && (
        <CodeLine
          label="curl command for a first request"
          code={`curl -H "X-API-Key: $APITEST_DEV_KEY" ${base}/v1/whoami`}
        />
      )}
      {!filtered && (
        <p>
          Or{" "}
          <Link className="link" to="/endpoints/identity/whoami">
            send one with Try-It
          </Link>
          .
        </p>
      )}
    </Empty>
  );
}
