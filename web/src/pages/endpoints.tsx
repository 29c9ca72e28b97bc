import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { NavLink, useParams } from "react-router";

import { useCatalogue } from "../api/queries";
import type { CatalogueGroup, CatalogueRoute } from "../api/types";
import { TryIt } from "../endpoints/try-it";
import { cx, Skeleton } from "../ui/basics";
import { Empty, ErrorState } from "../ui/states";

/** The catalogue beside the form that calls an endpoint. */
export default function Endpoints() {
  const { group, route } = useParams();
  const catalogue = useCatalogue();
  const [search, setSearch] = useState("");
  const groups = useMemo(() => narrow(catalogue.data?.groups ?? [], search), [catalogue.data, search]);
  const chosen = catalogue.data?.groups
    .find((entry) => entry.name === group)
    ?.routes.find((entry) => entry.name === route);

  if (catalogue.isError && !catalogue.data)
    return <ErrorState error={catalogue.error} title="No catalogue" retry={() => void catalogue.refetch()} />;
  return (
    <div className="flex min-h-0 flex-1">
      <h1 className="sr-only">Endpoints</h1>
      <div
        className={cx(
          "min-h-0 w-full shrink-0 flex-col border-line bg-surface md:flex md:w-[320px] md:border-r",
          route ? "hidden" : "flex",
        )}
      >
        <div className="relative p-2">
          <Search size={14} aria-hidden className="pointer-events-none absolute top-[15px] left-4 text-ink-3" />
          <input
            type="search"
            className="control w-full pl-7"
            placeholder="Name, path or purpose"
            aria-label="Search endpoints"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <nav aria-label="Endpoints" className="min-h-0 flex-1 overflow-auto px-2 pb-3">
          {!catalogue.data && Array.from({ length: 16 }, (_, at) => <Skeleton key={at} className="my-2 h-5" />)}
          {groups.map((entry) => (
            <section key={entry.name} aria-label={entry.name} className="pt-2">
              <h2 className="flex gap-2 px-2 pb-1 text-sm text-ink-3" title={entry.about}>
                <span className="font-semibold text-ink-2">{entry.name}</span>
                <span className="truncate">{entry.about}</span>
              </h2>
              {entry.routes.map((each) => (
                <NavLink
                  key={`${each.name}${each.method}`}
                  to={`/endpoints/${entry.name}/${each.name}`}
                  title={each.about}
                  className={({ isActive }) =>
                    cx("flex h-7 items-center gap-1 rounded px-2", isActive ? "bg-selected" : "hover:bg-hover")
                  }
                >
                  <span className="w-[58px] shrink-0 font-mono text-sm font-semibold text-ink-2">{each.method}</span>
                  <span className="min-w-0 truncate font-mono text-sm">{each.path}</span>
                </NavLink>
              ))}
            </section>
          ))}
          {catalogue.data && groups.length === 0 && (
            <p className="p-2 text-ink-2">
              {search
                ? "Nothing is called so. Clear the search to see all."
                : "No group is on. Set endpoints.<group>.enabled: true in the configuration file."}
            </p>
          )}
        </nav>
      </div>
      <div className={cx("min-h-0 min-w-0 flex-1 overflow-auto", route ? "block" : "hidden md:block")}>
        {chosen ? (
          <TryIt key={`${chosen.group}/${chosen.name}`} route={chosen} />
        ) : route && catalogue.data ? (
          <Empty level={2} title={`There is no endpoint ${route} in ${group ?? ""}`}>
            <p>
              Its group may be off: see endpoints.{group}.enabled on the Config page. Choose another one from the list.
            </p>
          </Empty>
        ) : (
          <Empty level={2} title="Choose an endpoint">
            <p>
              Each has a form made of its declared parameters. What you send goes through the same chain as traffic from
              outside, and leaves an event in the audit trail.
            </p>
          </Empty>
        )}
      </div>
    </div>
  );
}

function narrow(groups: CatalogueGroup[], search: string): CatalogueGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  const fits = (route: CatalogueRoute) => {
    const text = `${route.name} ${route.group} ${route.method} ${route.path} ${route.about}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return groups
    .map((group) => ({ ...group, routes: group.routes.filter(fits) }))
    .filter((group) => group.routes.length > 0);
}
