import { ClipboardCopy } from "lucide-react";
import { useEffect, useState } from "react";

import { useServer } from "../api/queries";
import type { AuditEvent } from "../model/types";
import { recordedRequest, toCurl, toFetch, toHttpie } from "../lib/copy";
import { Button } from "../ui/button";
import { copyText } from "../ui/copy";
import { Menu } from "../ui/menu";

/** Copies the request as a command, the event as JSON, or its link. */
export function CopyMenu({ event }: { event: AuditEvent }) {
  const server = useServer();
  const base = server.data?.base_url ?? location.origin;
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), 1800);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = (name: string, text: string) =>
    void copyText(text).then((done) => setSaid(done ? `${name} copied` : "Copy failed"));
  const command = (name: string, make: typeof toCurl) => ({
    label: name,
    act: () => copy(name, make(recordedRequest(event), base)),
  });
  return (
    <>
      <Menu
        label="Copy as"
        align="start"
        trigger={<Button icon={<ClipboardCopy size={14} aria-hidden />}>{said || "Copy as"}</Button>}
        items={[
          command("curl", toCurl),
          command("HTTPie", toHttpie),
          command("fetch", toFetch),
          "line",
          { label: "Event as JSON", act: () => copy("JSON", JSON.stringify(event, null, 2)) },
          { label: "Link", act: () => copy("Link", `${location.origin}/portal/event/${event.id}`) },
        ]}
      />
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  );
}
