import { useParams } from "react-router";

import { useEvent } from "../api/queries";
import { Detail } from "../event/detail";
import { useTitle } from "../lib/use-title";

/** Event on its own page. */
export default function Event() {
  const id = useParams().id ?? "";
  const { data } = useEvent(id);
  useTitle(`${data ? `${data.method} ${data.path} ${data.status}` : `Event ${id}`} · api-test`);
  return (
    <>
      <h1 className="sr-only">Event</h1>
      <Detail id={id} />
    </>
  );
}
