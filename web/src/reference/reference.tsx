import { ArrowLeft } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ComponentType, type ReactNode } from "react";

import { cx } from "../ui/cx";
import { SearchField } from "../ui/search-field";
import { Skeleton } from "../ui/text";
import { Empty } from "../ui/states";
import { readGroups, searchGroups, type ApiDocument, type Group, type Operation } from "./document";
import { Method } from "./method";
import { OperationView } from "./operation";
import type { Transport } from "./try-it";

/** Link to an operation, or to the list without one. */
export type OperationLink = ComponentType<{
  to: Pick<Operation, "group" | "id"> | null;
  className: string;
  current?: boolean;
  children: ReactNode;
}>;

interface Props {
  /** `undefined` while loading. */
  document: ApiDocument | undefined;
  /** Operation in the address. */
  selected: { group?: string; id: string } | null;
  Link: OperationLink;
  transports: Transport[];
  baseUrl: string;
  links?: (operation: Operation) => ReactNode;
}

/** API reference: list of operations, and the selected one. */
export function Reference({ document, selected, Link, transports, baseUrl, links }: Props) {
  const [search, setSearch] = useState("");
  const groups = useMemo(() => (document ? readGroups(document) : []), [document]);
  const shown = useMemo(() => searchGroups(groups, search), [groups, search]);
  const operation = selected && find(groups, selected);
  return (
    <div className="flex min-h-0 flex-1">
      <div
        className={cx(
          "min-h-0 w-full shrink-0 flex-col border-line bg-surface md:flex md:w-[320px] md:border-r",
          selected ? "hidden" : "flex",
        )}
      >
        <SearchField
          className="m-2"
          placeholder="Name, path or purpose"
          aria-label="Search endpoints"
          value={search}
          onChange={setSearch}
        />
        <nav aria-label="Endpoints" className="min-h-0 flex-1 overflow-auto px-2 pb-3">
          {!document && Array.from({ length: 16 }, (_, at) => <Skeleton key={at} className="my-2 h-5" />)}
          {shown.map((group) => (
            <section key={group.name} aria-label={group.name} className="pt-2">
              <h2 className="px-2 pb-1 text-sm text-ink-3">
                <span className="mr-2 font-semibold text-ink-2">{group.name}</span>
                {group.about}
              </h2>
              {group.operations.map((each) => (
                <Link
                  key={each.id}
                  to={each}
                  current={each === operation}
                  className={cx(
                    "flex h-7 items-center gap-1 rounded px-2",
                    each === operation ? "bg-selected" : "hover:bg-hover",
                  )}
                >
                  <Method method={each.method} className="w-[58px] text-sm" />
                  <span className="min-w-0 truncate font-mono text-sm">{each.path}</span>
                </Link>
              ))}
            </section>
          ))}
          {document && shown.length === 0 && (
            <p role="status" className="p-2 text-ink-2">
              {search
                ? "No matches"
                : "All groups are off. Set endpoints.<group>.enabled: true in the configuration file."}
            </p>
          )}
        </nav>
      </div>
      <Detail shown={selected !== null} of={operation?.id ?? ""}>
        {operation && document ? (
          <OperationView
            key={`${operation.group}/${operation.id}`}
            operation={operation}
            document={document}
            transports={transports}
            baseUrl={baseUrl}
            links={links?.(operation)}
            back={
              <Link to={null} className="link flex items-center gap-1 md:hidden">
                <ArrowLeft size={14} aria-hidden /> All endpoints
              </Link>
            }
          />
        ) : selected && document ? (
          <Empty level={2} title={`No endpoint is called ${selected.id}`}>
            <p>Its group may be off (endpoints.&lt;group&gt;.enabled). Select another one from the list.</p>
            <Link to={null} className="link md:hidden">
              All endpoints
            </Link>
          </Empty>
        ) : (
          document && (
            <Empty level={2} title="Select an endpoint">
              <p>
                {document.info.title} {document.info.version}:{" "}
                {groups.reduce((sum, group) => sum + group.operations.length, 0)} operations in {groups.length} groups.
                Each has its parameters with bounds, its responses, and a form that sends a request.
              </p>
            </Empty>
          )
        )}
      </Detail>
    </div>
  );
}

/** Right side. It scrolls to the top for each operation. */
function Detail({ shown, of, children }: { shown: boolean; of: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In a block, because newer browsers return a promise, which is not a clean-up function.
    box.current?.scrollTo(0, 0);
  }, [of]);
  return (
    <div ref={box} className={cx("min-h-0 min-w-0 flex-1 overflow-auto", shown ? "block" : "hidden md:block")}>
      {children}
    </div>
  );
}

function find(groups: Group[], wanted: { group?: string; id: string }): Operation | undefined {
  return groups
    .filter((group) => wanted.group === undefined || group.name === wanted.group)
    .flatMap((group) => group.operations)
    .find((operation) => operation.id === wanted.id);
}
