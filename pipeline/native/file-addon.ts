/** What the file area of the addon offers. */
export interface FileAddon {
  /**
   * Has the file system set `bytes` aside from `offset` on without changing the file's size (Linux: fallocate with
   * FALLOC_FL_KEEP_SIZE). Returns 0 or the system's error number.
   */
  preallocate(fd: number, offset: number, bytes: number): number;
  /**
   * Copies `source` into `target` from `targetOffset` on; false, and nothing done, where there is no room. Node's own `set` copies memory that
   * threads share byte by byte where source and target lie differently within a word.
   */
  copyBytes(source: Uint8Array, target: Uint8Array, targetOffset: number): boolean;
  /**
   * The first `bytes` bytes of a file that is open for reading and writing and has them, as memory that the file shares (mmap with
   * MAP_SHARED, its pages touched); it stays mapped as long as the view is reachable, also when the file is closed. Null where the
   * system refuses.
   */
  mapFile(fd: number, bytes: number): Uint8Array | null;
}
