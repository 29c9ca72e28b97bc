/** Files of the build that are fetched on demand. */

/** Failure to fetch the file of a page or of a part of it. */
export class ChunkError extends Error {
  /** `updated`: the server answers, so it has a newer build, whose files have other names. */
  constructor(readonly why: "updated" | "unreachable") {
    super(why === "updated" ? "This tab runs an older version of the portal." : "The server can't be reached.");
    this.name = "ChunkError";
  }
}

/** Time limit of the probe, in ms. */
const PATIENCE_MS = 5_000;

/**
 * Fetches a file by a dynamic import.
 *
 * Throws a `ChunkError` when that fails, whatever the browser says about it.
 */
export async function loadChunk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    // The page itself: a gateway in front may let no other path through, and answers 502 when the server is away.
    const answers = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      (response) => response.ok,
      () => false,
    );
    throw new ChunkError(answers ? "updated" : "unreachable");
  }
}
