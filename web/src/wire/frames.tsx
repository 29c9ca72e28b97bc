import { formatCount } from "../lib/format";
import { visible } from "../lib/text";
import { Section } from "../ui/section";
import type { Frame } from "./record";
import { formatSigned } from "./timeline";

/** Maximum number of frames that are shown. */
const MAX_FRAMES = 200;

/** Frames of HTTP/2 in their order. */
export function Frames({ frames }: { frames: readonly Frame[] }) {
  if (frames.length === 0) return null;
  return (
    <Section title="HTTP/2 frames" aside={formatCount(frames.length)}>
      <div className="max-h-[460px] overflow-auto" tabIndex={0} role="region" aria-label="HTTP/2 frames, in order">
        <table className="w-full text-left text-sm">
          <thead>
            <tr className="border-b border-line text-ink-2">
              {["Time", "From", "Frame", "Stream", "Facts"].map((name) => (
                <th key={name} className="px-3 py-1 font-normal">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="font-mono">
            {frames.slice(0, MAX_FRAMES).map(({ ms, from, type, stream, facts }, at) => (
              <tr key={at} className="align-top hover:bg-hover">
                <td className="px-3 whitespace-nowrap">{formatSigned(ms)}</td>
                <td className="px-3">{visible(from)}</td>
                <td className="px-3">{visible(type)}</td>
                <td className="px-3">{stream ?? "–"}</td>
                <td className="px-3 [overflow-wrap:anywhere]">
                  {facts.map(([name, value]) => `${name} ${visible(value)}`).join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
