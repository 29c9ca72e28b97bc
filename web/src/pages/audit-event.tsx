import { useOutletContext, useParams } from "react-router";

import { Detail } from "../event/detail";

/** An event beside the list. The outlet's context closes it. */
export default function AuditEvent() {
  const id = useParams().id ?? "";
  return <Detail id={id} onClose={useOutletContext<() => void>()} />;
}
