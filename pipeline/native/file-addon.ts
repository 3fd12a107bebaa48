/** What the file area of the addon offers. */
export interface FileAddon {
  /**
   * Has the file system set `bytes` aside from `offset` on without changing the file's size (Linux: fallocate with
   * FALLOC_FL_KEEP_SIZE). Returns 0 or the system's error number.
   */
  preallocate(fd: number, offset: number, bytes: number): number;
}
