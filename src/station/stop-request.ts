/** That a session is to end: made once, by the user, a limit or the end of what is played. It wakes whoever waits for something else. */
export class StopRequest {
  #made = false;
  #wake: () => void = () => {};

  get made(): boolean {
    return this.#made;
  }

  make(): void {
    this.#made = true;
    this.#wake();
  }

  /** Calls `wake` when it is made, at once where it has been. A session waits at one place at a time: the newest is woken. */
  wakes(wake: () => void): void {
    this.#wake = wake;
    if (this.#made) wake();
  }
}
