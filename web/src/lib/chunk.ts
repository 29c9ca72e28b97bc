/** Files of the build that are fetched on demand. */

/** Failure to fetch the file of a page or of a part of it. */
export class ChunkError extends Error {
  /** `updated`: the server answers, so it has a newer build, whose files have other names. */
  constructor(readonly why: "updated" | "unreachable") {
    super(why === "updated" ? "This tab runs an older version of the portal." : "The server can't be reached.");
    this.name = "ChunkError";
  }
}

/** Time limit of the health check, in ms. */
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
    const answers = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      () => true,
      () => false,
    );
    throw new ChunkError(answers ? "updated" : "unreachable");
  }
}
