/** Questions to another thread that wait for their answers, by number. */
import { AppulseError } from '#gps/errors.js';

interface Waiting<T> {
  readonly done: (answer: T) => void;
  readonly failed: (error: Error) => void;
}

export class PendingAnswers<T> {
  readonly #waiting = new Map<number, Waiting<T>>();
  #asked = 0;

  /** `send` asks with the number that the answer must bear; `ended` settles when no answer comes any more, which fails with `late`. */
  ask(send: (id: number) => void, ended: Promise<unknown>, late: string): Promise<T> {
    const id = ++this.#asked;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      send(id);
      const tooLate = () => this.fail(id, new AppulseError('station.not-recording', late));
      ended.then(tooLate, tooLate);
    });
  }

  answer(id: number, answer: T): void {
    this.#waiting.get(id)?.done(answer);
    this.#waiting.delete(id);
  }

  fail(id: number, error: Error): void {
    this.#waiting.get(id)?.failed(error);
    this.#waiting.delete(id);
  }
}
