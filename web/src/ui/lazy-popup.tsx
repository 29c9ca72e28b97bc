import {
  cloneElement,
  useState,
  type ComponentType,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from "react";

import { ChunkError, loadChunk } from "../lib/chunk";

export interface TriggerProps {
  onClick?: () => void;
  onPointerEnter?: () => void;
  onFocus?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  "aria-haspopup"?: "menu" | "dialog";
  "aria-expanded"?: boolean;
}

interface Props<P> {
  load: () => Promise<{ default: ComponentType<P> }>;
  trigger: ReactElement<TriggerProps>;
  kind: "menu" | "dialog";
  /** Renders the trigger and its popup, open. */
  show: (Loaded: ComponentType<P>) => ReactNode;
}

/** Button whose menu or dialog is loaded when pointer or focus come near, so that no page waits for it. */
export function LazyPopup<P>({ load, trigger, kind, show }: Props<P>) {
  const [Loaded, setLoaded] = useState<ComponentType<P> | null>(null);
  const [outdated, setOutdated] = useState<ChunkError | null>(null);
  // Thrown for the error element of the page. While the server is away, the banner says so, and the next click retries.
  if (outdated) throw outdated;
  if (Loaded) return show(Loaded);
  const soon = () => void load().catch(() => undefined);
  const open = () =>
    void loadChunk(load).then(
      (module) => setLoaded(() => module.default),
      (error: unknown) => {
        if (error instanceof ChunkError && error.why === "updated") setOutdated(error);
      },
    );
  return cloneElement(trigger, {
    onPointerEnter: soon,
    onFocus: soon,
    onClick: open,
    onKeyDown: (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      open();
    },
    "aria-haspopup": kind,
    "aria-expanded": false,
  });
}
