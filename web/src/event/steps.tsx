import { ChevronDown, ChevronUp } from "lucide-react";
import { useState } from "react";

import { formatCount } from "../lib/format";
import { IconButton } from "../ui/button";

/** Current match, with steps to the next and the previous one. */
export function useSteps<T>(found: readonly T[]): {
  current: T | undefined;
  count: { at: number; of: number };
  step: (by: 1 | -1) => void;
} {
  // The position belongs to one set of matches: a new search starts at its first match.
  const [chosen, setChosen] = useState({ found, at: 0 });
  const at = chosen.found === found ? chosen.at : 0;
  const place = found.length === 0 ? 0 : Math.min(at, found.length - 1);
  return {
    current: found[place],
    count: { at: place, of: found.length },
    step: (by) => setChosen({ found, at: found.length === 0 ? 0 : (place + by + found.length) % found.length }),
  };
}

export function SearchSteps({
  search,
  count,
  step,
}: {
  search: string;
  count: { at: number; of: number };
  step: (by: 1 | -1) => void;
}) {
  if (!search) return null;
  return (
    <div className="flex h-7 items-center gap-1 border-b border-line px-2 text-ink-2">
      <span role="status">
        {count.of === 0
          ? "No matches"
          : `${formatCount(count.at + 1)} of ${formatCount(count.of)}${count.of >= 1000 ? "+" : ""}`}
      </span>
      {count.of > 1 && (
        <>
          <IconButton label="Previous match" className="size-6" onClick={() => step(-1)}>
            <ChevronUp size={14} aria-hidden />
          </IconButton>
          <IconButton label="Next match" className="size-6" onClick={() => step(1)}>
            <ChevronDown size={14} aria-hidden />
          </IconButton>
        </>
      )}
    </div>
  );
}
