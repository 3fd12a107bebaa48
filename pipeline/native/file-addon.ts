/** What the file area of the addon offers. */
export interface FileAddon {
  /**
   * Has the file system set `bytes` aside from `offset` on without changing the file's size (Linux: fallocate with
   * FALLOC_FL_KEEP_SIZE). Returns 0 or the system's error number.
   */
  preallocate(fd: number, offset: number, bytes: number): number;
  /**
   * The first `bytes` bytes of a file that is open for reading and writing and has them, as memory that the file shares (mmap with
   * MAP_SHARED, its pages touched); it stays mapped as long as the view is reachable, also when the file is closed. Null where the
   * system refuses.
   */
  mapFile(fd: number, bytes: number): Uint8Array | null;
}
