import { useEffect } from "react";
import { useNavigate, useParams } from "react-router";

import { useRecent } from "../api/queries";
import { FirstCall } from "../audit/first-call";
import Detail from "../event/detail";
import { PageSkeleton } from "../shell/layout";
import { ErrorState } from "../ui/states";

/** An event on a page of its own; without an id, the last one that was recorded. */
export default function Event() {
  const { id } = useParams();
  return id ? (
    <>
      <h1 className="sr-only">Event</h1>
      <Detail id={id} />
    </>
  ) : (
    <Last />
  );
}

const ALL = {};

function Last() {
  const recent = useRecent(ALL, 1);
  const navigate = useNavigate();
  const id = recent.data?.events[0]?.id;
  const fresh = recent.isFetchedAfterMount;
  useEffect(() => {
    if (id && fresh) void navigate(`/event/${id}`, { replace: true });
  }, [id, fresh, navigate]);
  if (recent.isError && !recent.data)
    return <ErrorState error={recent.error} title="Event unavailable" retry={() => void recent.refetch()} />;
  return recent.data && !id ? <FirstCall level={1} /> : <PageSkeleton />;
}
