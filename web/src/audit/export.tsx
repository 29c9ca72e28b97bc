import { Download } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";

import { api, withSearch } from "../api/client";
import { loadChunk } from "../lib/chunk";
import { filtersToApi, type Filters } from "../lib/filters";
import { formatBytes, formatCount } from "../lib/format";
import { Button } from "../ui/button";
import { Menu } from "../ui/menu";
import { ErrorState } from "../ui/states";

const Dialog = lazy(async () => ({ default: (await loadChunk(() => import("../ui/overlays"))).Dialog }));

type Format = "ndjson" | "har";

interface Sink {
  write: (chunk: Uint8Array) => Promise<void>;
  finish: () => Promise<void>;
  abort: () => Promise<void>;
}

/** Writes to disk piece by piece if the browser supports it, otherwise to memory and then into a download. */
async function openSink(name: string, type: string): Promise<Sink> {
  const picker = (
    window as {
      showSaveFilePicker?: (
        options: object,
      ) => Promise<{ createWritable: () => Promise<WritableStream & { write: (data: unknown) => Promise<void> }> }>;
    }
  ).showSaveFilePicker;
  if (picker && window.isSecureContext && !navigator.webdriver) {
    const file = await (await picker({ suggestedName: name })).createWritable();
    return { write: (chunk) => file.write(chunk), finish: () => file.close(), abort: () => file.abort() };
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  return {
    write: (chunk) => Promise.resolve(void parts.push(new Uint8Array(chunk))),
    finish() {
      const url = URL.createObjectURL(new Blob(parts, { type }));
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      return Promise.resolve();
    },
    abort: () => Promise.resolve(),
  };
}

/** Export of all matching rows to a file, with progress and a way to stop. */
export function ExportMenu({ filters, total }: { filters: Filters; total: number | undefined }) {
  const [done, setDone] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);

  const run = async (format: Format) => {
    const name = `api-test-audit-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${format}`;
    let sink: Sink | null = null;
    const control = new AbortController();
    try {
      sink = await openSink(name, format === "har" ? "application/json" : "application/x-ndjson");
      stop.current = control;
      setError(null);
      setDone(0);
      const query = filtersToApi(filters);
      if (format === "har") query.set("format", "har");
      const { data } = await api.GET("/api/v1/portal/audit/export.ndjson", {
        ...withSearch(query),
        headers: { Accept: "*/*" },
        parseAs: "stream",
        signal: control.signal,
      });
      const reader = data!.getReader();
      let bytes = 0;
      for (;;) {
        const { done: ended, value } = await reader.read();
        if (ended) break;
        await sink.write(value);
        bytes += value.length;
        setDone(bytes);
      }
      await sink.finish();
    } catch (cause) {
      await sink?.abort().catch(() => undefined);
      if (!control.signal.aborted && (cause as Error).name !== "AbortError") setError(cause);
    } finally {
      stop.current = null;
      setDone(null);
    }
  };

  if (done !== null) {
    return (
      <Button onClick={() => stop.current?.abort()} aria-live="polite">
        {formatBytes(done)} exported · Stop
      </Button>
    );
  }
  const rows = total === undefined ? "" : `${formatCount(total)} rows`;
  return (
    <>
      <Menu
        label="Export"
        trigger={<Button icon={<Download size={14} aria-hidden />}>Export</Button>}
        items={[
          { label: "NDJSON", hint: rows, act: () => void run("ndjson") },
          { label: "HAR 1.2", hint: rows, act: () => void run("har") },
        ]}
      />
      {error !== null && (
        <Suspense fallback={null}>
          <Dialog open onOpenChange={() => setError(null)} title="Export failed">
            <ErrorState error={error} compact />
          </Dialog>
        </Suspense>
      )}
    </>
  );
}
