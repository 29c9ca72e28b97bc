import { Link } from "react-router";

import { useServer } from "../api/queries";
import { CodeLine } from "../ui/basics";
import { Empty } from "../ui/states";

/** Nothing is recorded yet: says how to make a first row. */
export function FirstCall({ span, filtered, level = 2 }: { span?: string; filtered?: boolean; level?: 1 | 2 }) {
  const server = useServer();
  const base = server.data?.base_url ?? location.origin;
  return (
    <Empty
      level={level}
      title={
        filtered ? "No request matches these filters" : `No request ${span ? `in the ${span}` : "is recorded yet"}`
      }
    >
      {filtered ? (
        <p>Widen the span of time or take a filter away. Only calls under /v1/ are recorded.</p>
      ) : (
        <p>Only calls under /v1/ are recorded. Make one; it shows here at once:</p>
      )}
      {!filtered && (
        <CodeLine
          label="curl command for a first call"
          code={`curl -H "X-API-Key: $APITEST_DEV_KEY" ${base}/v1/whoami`}
        />
      )}
      {!filtered && (
        <p>
          Or{" "}
          <Link className="link" to="/endpoints/identity/whoami">
            send one from here
          </Link>
          : each endpoint has a form.
        </p>
      )}
    </Empty>
  );
}
