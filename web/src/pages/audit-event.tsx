import { useOutletContext, useParams } from "react-router";

import { Detail } from "../event/detail";

/** Event beside the list. The context of the outlet is the function that closes it. */
export default function AuditEvent() {
  const id = useParams().id ?? "";
  return <Detail id={id} onClose={useOutletContext<() => void>()} />;
}
