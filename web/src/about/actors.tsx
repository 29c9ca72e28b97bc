import type { ReactNode } from "react";

import { useActors } from "../api/queries";
import { formatCount } from "../lib/format";
import type { Actor } from "../model/types";
import { Section } from "../ui/section";
import { Skeleton, Time } from "../ui/text";
import { ErrorState } from "../ui/states";

/** Actors of the responding replica: state, mailbox and last error. */
export function Actors() {
  const actors = useActors();
  return (
    <Section level={2} title="Actors" aside="Of the replica that answers.">
      {actors.data ? (
        <ActorTable actors={actors.data} />
      ) : actors.isError ? (
        <ErrorState error={actors.error} title="Actors unavailable" retry={() => void actors.refetch()} />
      ) : (
        <Skeleton className="m-3 h-28" />
      )}
    </Section>
  );
}

function ActorTable({ actors }: { actors: Actor[] }) {
  const severalOf = (name: string) => actors.filter((actor) => actor.name === name).length > 1;
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Actors">
      <table className="w-full text-left">
        <thead>
          <tr className="h-8 border-b border-line text-sm text-ink-2">
            <th className="px-3 font-normal">Name</th>
            <th className="px-3 font-normal">State</th>
            <NumberHead>Depth</NumberHead>
            <NumberHead>Capacity</NumberHead>
            <NumberHead>Handled</NumberHead>
            <NumberHead>Refused</NumberHead>
            <NumberHead>Restarts</NumberHead>
            <th className="px-3 font-normal">Last error</th>
          </tr>
        </thead>
        <tbody>
          {actors.map((actor) => (
            <tr key={`${actor.name} ${actor.instance}`} className="h-8 border-b border-line/60 last:border-b-0">
              <td className="px-3 font-mono text-sm whitespace-nowrap">
                {severalOf(actor.name) ? `${actor.name} ${actor.instance}` : actor.name}
              </td>
              <td className={`px-3 ${actor.state === "running" ? "" : "font-semibold text-client"}`}>{actor.state}</td>
              <NumberCell value={actor.depth} marked={actor.capacity > 1 && actor.depth >= actor.capacity} />
              <NumberCell value={actor.capacity} />
              <NumberCell value={actor.handled} />
              <NumberCell value={actor.refused} marked={actor.capacity > 1 && actor.refused > 0} />
              <NumberCell value={actor.restarts} marked={actor.restarts > 0} />
              <td className="min-w-40 px-3 text-sm">
                {actor.last_error ? (
                  <>
                    <Time value={actor.last_error.at} as="ago" />: {actor.last_error.message}
                  </>
                ) : (
                  <span className="text-ink-3">none</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NumberHead({ children }: { children: ReactNode }) {
  return <th className="px-3 text-right font-normal">{children}</th>;
}

/** `marked`: the value needs attention. */
function NumberCell({ value, marked = false }: { value: number; marked?: boolean }) {
  return (
    <td className={`px-3 text-right tabular-nums ${marked ? "font-semibold text-client" : ""}`}>
      {formatCount(value)}
    </td>
  );
}
