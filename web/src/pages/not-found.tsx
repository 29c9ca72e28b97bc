import { Link } from "react-router";

import { Empty } from "../ui/states";

export default function NotFound() {
  return (
    <Empty title="There is no page here">
      <p>
        The address may be mistyped. Go to the{" "}
        <Link className="link" to="/dashboard">
          dashboard
        </Link>{" "}
        or to the{" "}
        <Link className="link" to="/audit">
          audit trail
        </Link>
        .
      </p>
    </Empty>
  );
}
