/** What the memory area of the addon offers. */
export interface MemoryAddon {
  /** Has the kernel give every page behind a view of new memory, in huge pages where it can; in a thread of its own. */
  prefault(bytes: Uint8Array): Promise<void>;
}
