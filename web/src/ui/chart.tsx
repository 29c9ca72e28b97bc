import "uplot/dist/uPlot.min.css";

import { useEffect, useMemo, useRef } from "react";
import { useNavigate } from "react-router";
import UPlot from "uplot";

import type { Timeseries } from "../model/types";
import { auditLink } from "../lib/filters";
import { formatCompact, formatCount, formatDate, formatTime } from "../lib/format";
import { useStore } from "../lib/use-store";
import { isDark } from "../lib/theme";

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Hatching for errors, so that colour is not the only difference. */
function hatch(colour: string, ground: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = 6;
  tile.height = 6;
  const pen = tile.getContext("2d");
  if (!pen) return colour;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = ground;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat") ?? colour;
}

/**
 * Requests and, in front of them, errors: one bar per bucket. Clicking a bar or dragging over several opens the audit
 * view.
 */
export default function Chart({ series }: { series: Timeseries }) {
  const dark = useStore(isDark);
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const tip = useRef<HTMLDivElement>(null);
  const seconds = series.bucket_seconds;
  const data = useMemo<UPlot.AlignedData>(() => {
    const times = series.buckets.map((bucket) => Date.parse(bucket.time) / 1000);
    // Nothing is drawn for zero, because a bar without height still has a line.
    const some = (value: number) => (value > 0 ? value : null);
    return [
      times,
      series.buckets.map((bucket) => some(bucket.count)),
      series.buckets.map((bucket) => some(bucket.errors)),
    ];
  }, [series]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const bars = UPlot.paths.bars!({ size: [0.8, 40], align: 1, radius: 0.15 });
    const axis: UPlot.Axis = {
      stroke: token("--ink-3"),
      font: "11px Plex Sans, sans-serif",
      grid: { stroke: token("--line"), width: 1 },
      ticks: { stroke: token("--line"), width: 1, size: 4 },
    };
    const open = (from: number, to: number) =>
      void navigate(auditLink({ from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() }));
    const instance = new UPlot(
      {
        width: element.clientWidth,
        height: element.clientHeight,
        legend: { show: false },
        padding: [8, 24, 0, 0],
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: {
          x: { time: true, range: (_, min, max) => [min, max + seconds] },
          y: { range: (_, __, max) => [0, Math.max(4, (max || 0) * 1.1)] },
        },
        axes: [
          { ...axis, size: 28, space: 70, values: (_, splits) => splits.map((at) => label(at, splits)) },
          {
            ...axis,
            size: 46,
            space: 32,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7],
            values: (_, splits) => splits.map((value) => formatCompact(value)),
          },
        ],
        series: [
          {},
          { paths: bars, fill: token("--accent"), stroke: token("--accent"), width: 0, points: { show: false } },
          {
            paths: bars,
            fill: () => hatch(token("--server"), token("--surface")),
            stroke: token("--server"),
            width: 1,
            points: { show: false },
          },
        ],
        hooks: {
          setCursor: [
            (self) => {
              const note = tip.current;
              const x = self.cursor.left ?? -1;
              if (!note) return;
              const [times, counts, failures] = self.data;
              const at = x < 0 ? -1 : bucketAt(times, self.posToVal(x, "x"), seconds);
              note.hidden = at < 0;
              if (at < 0) return;
              const start = new Date(times[at]! * 1000);
              note.textContent = `${formatDate(start)} ${formatTime(start).slice(0, 8)}: ${formatCount(counts![at] ?? 0)} requests, ${formatCount(failures![at] ?? 0)} errors`;
              note.style.left = `${Math.max(0, Math.min(x + 54, element.clientWidth - note.offsetWidth - 4))}px`;
            },
          ],
          setSelect: [
            (self) => {
              if (self.select.width < 4) return;
              open(self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x"));
            },
          ],
          ready: [
            (self) => {
              let downAt = 0;
              self.over.addEventListener("mousedown", (event) => (downAt = event.clientX));
              self.over.addEventListener("click", (event) => {
                if (Math.abs(event.clientX - downAt) > 3) return;
                const [times] = self.data;
                const at = bucketAt(times, self.posToVal(event.offsetX, "x"), seconds);
                if (at >= 0) open(times[at]!, times[at]! + seconds);
              });
            },
          ],
        },
      },
      [[], [], []],
      element,
    );
    plot.current = instance;
    const watch = new ResizeObserver(() =>
      instance.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.current = null;
      instance.destroy();
    };
    // A new theme changes colours, a new bucket changes widths.
  }, [dark, seconds, navigate]);

  // A new plot has no data yet.
  useEffect(() => {
    plot.current?.setData(data);
  }, [data, dark, seconds, navigate]);

  const total = series.buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const errors = series.buckets.reduce((sum, bucket) => sum + bucket.errors, 0);
  return (
    <div className="relative h-full">
      <div
        ref={box}
        role="img"
        aria-label={`Requests over time: ${formatCount(total)} requests, ${formatCount(errors)} errors`}
        className="h-full cursor-pointer overflow-hidden"
      />
      <div
        ref={tip}
        hidden
        className="pointer-events-none absolute top-1 rounded border border-line bg-surface px-2 py-0.5 text-sm whitespace-nowrap shadow-pop"
      />
    </div>
  );
}

function bucketAt(times: ArrayLike<number>, time: number, seconds: number): number {
  for (let at = times.length - 1; at >= 0; at -= 1) {
    if (time >= times[at]!) return time < times[at]! + seconds ? at : -1;
  }
  return -1;
}

/** Times below the axis, with the date where a day begins. */
function label(at: number, splits: number[]): string {
  const date = new Date(at * 1000);
  const step = splits.length > 1 ? splits[1]! - splits[0]! : 0;
  const clock = formatTime(date).slice(0, step < 60 ? 8 : 5);
  if (step >= 86_400) return formatDate(date).slice(5);
  return clock === "00:00" ? formatDate(date).slice(5) : clock;
}
