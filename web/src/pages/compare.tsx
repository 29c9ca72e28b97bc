import { ArrowLeftRight } from "lucide-react";
import { useState } from "react";
import { Link, Navigate, useSearchParams } from "react-router";

import { useEvent } from "../api/queries";
import { usePreviousEvent } from "../compare/previous";
import { Pair } from "../compare/pair";
import { Button } from "../ui/button";
import { Skeleton } from "../ui/text";
import { Empty, ErrorState } from "../ui/states";

/** Two events side by side, with differences marked in words and colour. */
export default function Compare() {
  const [query, setQuery] = useSearchParams();
  const [a, b] = [query.get("a") ?? undefined, query.get("b") ?? undefined];
  const left = useEvent(a);
  const right = useEvent(b);
  const [onlyChanges, setOnlyChanges] = useState(true);
  const previous = usePreviousEvent(a ? undefined : right.data);
  const found = previous.data?.id;

  if (!a && b && found) return <Navigate to={`/compare?a=${found}&b=${b}`} replace />;
  if (!b || (!a && previous.data === null)) {
    return (
      <Empty title={b ? "No previous request to this path" : "Select two events"}>
        <p>
          In the{" "}
          <Link className="link" to="/audit">
            audit trail
          </Link>
          , mark two rows with <kbd>x</kbd> and press Compare marked. Or open an event and choose Compare there.
        </p>
      </Empty>
    );
  }
  const failed = left.error ?? right.error ?? previous.error;
  if (failed)
    return (
      <ErrorState
        error={failed}
        title="Event not found"
        retry={() =>
          void Promise.all([left, right, previous].filter((query) => query.isError).map((query) => query.refetch()))
        }
      />
    );

  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">Compare</h1>
        <Button
          icon={<ArrowLeftRight size={14} aria-hidden />}
          onClick={() => setQuery({ a: b, b: a ?? "" }, { replace: true })}
          disabled={!a}
        >
          Swap
        </Button>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={onlyChanges}
            onChange={(event) => setOnlyChanges(event.target.checked)}
            className="accent-(--accent)"
          />
          Differences only
        </label>
      </div>
      {left.data && right.data ? (
        <Pair a={left.data} b={right.data} onlyChanges={onlyChanges} />
      ) : (
        <div className="flex flex-col gap-3" role="status" aria-label="Loading both events">
          <Skeleton className="h-16" />
          <Skeleton className="h-64" />
        </div>
      )}
    </div>
  );
}
