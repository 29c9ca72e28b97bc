// Pictures of pages as PNGs of 256 colours: a third of the size, and what differs no eye sees. No dependency.
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Reads what a browser writes: 8 bits a channel, RGB or RGBA, not interlaced. Gives one number for each pixel. */
function decode(png) {
  let width = 0;
  let height = 0;
  let channels = 0;
  const parts = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const kind = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") {
      width = data.readUInt32BE(0);
      height = data.readUInt32BE(4);
      channels = { 2: 3, 6: 4 }[data[9]];
      if (data[8] !== 8 || !channels || data[12] !== 0) throw new Error("a PNG of another kind");
    } else if (kind === "IDAT") parts.push(data);
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    const row = new Uint8Array(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x += 1) {
      const left = x >= channels ? row[x - channels] : 0;
      const corner = x >= channels ? above[x - channels] : 0;
      if (filter === 1) row[x] += left;
      else if (filter === 2) row[x] += above[x];
      else if (filter === 3) row[x] += (left + above[x]) >> 1;
      else if (filter === 4) {
        const guess = left + above[x] - corner;
        const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above[x]), Math.abs(guess - corner)];
        row[x] += a <= b && a <= c ? left : b <= c ? above[x] : corner;
      }
    }
    for (let x = 0; x < width; x += 1)
      pixels[y * width + x] = (row[x * channels] << 16) | (row[x * channels + 1] << 8) | row[x * channels + 2];
    above = row;
  }
  return { width, height, pixels };
}

function chunk(kind, data) {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(data.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), named.length + 4);
  return out;
}

/** Colours that are taken since they are there most often. */
const COMMON = 128;

/** How far apart two colours look, squared. */
function distance(one, other) {
  const r = (one >> 16) - (other >> 16);
  const g = ((one >> 8) & 255) - ((other >> 8) & 255);
  const b = (one & 255) - (other & 255);
  return 2 * r * r + 4 * g * g + 3 * b * b;
}

/** The same picture in 256 of its colours; each other one becomes the nearest of them. */
export function fewColours(png) {
  const { width, height, pixels } = decode(png);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  // Most go by how often they are there; the rest to what is farthest from all chosen, so that a small red mark stays red.
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const palette = ordered.slice(0, COMMON).map(([colour]) => colour);
  const others = ordered.slice(COMMON).map(([colour, count]) => ({
    colour,
    weight: Math.sqrt(count),
    gap: Math.min(...palette.map((other) => distance(colour, other))),
  }));
  while (palette.length < 256 && others.length > 0) {
    let pick = 0;
    others.forEach((other, at) => {
      if (other.gap * other.weight > others[pick].gap * others[pick].weight) pick = at;
    });
    const [{ colour }] = others.splice(pick, 1);
    palette.push(colour);
    for (const other of others) other.gap = Math.min(other.gap, distance(other.colour, colour));
  }
  const places = new Map(palette.map((colour, at) => [colour, at]));
  const nearest = (colour) => {
    let best = 0;
    let least = Infinity;
    palette.forEach((other, at) => {
      const gap = distance(colour, other);
      if (gap < least) [best, least] = [at, gap];
    });
    places.set(colour, best);
    return best;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = pixels[y * width + x];
      rows[y * (width + 1) + 1 + x] = places.get(colour) ?? nearest(colour);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
