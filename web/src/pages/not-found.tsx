import { Link } from "react-router";

import { Empty } from "../ui/states";

export default function NotFound() {
  return (
    <Empty title="Page not found">
      <p>
        Go to the{" "}
        <Link className="link" to="/dashboard">
          dashboard
        </Link>{" "}
        or the{" "}
        <Link className="link" to="/audit">
          audit trail
        </Link>
        .
      </p>
    </Empty>
  );
}
