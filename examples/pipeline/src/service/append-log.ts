import { type FileHandle, open, readFile, truncate } from "node:fs/promises";

interface Pending {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A file of lines that only grows. `append` resolves once the line is on the disk; lines that arrive while one write is
 * under way share the next. A line that a crash cut short is dropped when the file is opened again.
 */
export class AppendLog {
  #waiting: Pending[] = [];
  #writing: Promise<void> | undefined;
  #failure: unknown;

  private constructor(private readonly file: FileHandle) {}

  /** Opens or creates the file, and reads what it holds. */
  static async open(path: string): Promise<{ readonly log: AppendLog; readonly lines: readonly string[] }> {
    const file = await open(path, "a");
    const content = await readFile(path);
    const whole = content.subarray(0, content.lastIndexOf("\n") + 1);
    if (whole.length < content.length) await truncate(path, whole.length);
    const lines = whole.toString("utf8").split("\n").slice(0, -1);
    return { log: new AppendLog(file), lines };
  }

  /** @param line without a line break */
  append(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        // After a failed write nobody knows where the file ends, so it stays failed until it is opened again.
        if (this.#failure !== undefined) throw this.#failure;
        await this.file.appendFile(batch.map(({ line }) => `${line}\n`).join(""));
        await this.file.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#failure = error;
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = undefined;
  }
}
