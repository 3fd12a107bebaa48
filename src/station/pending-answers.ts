/** Questions to another thread that wait for their answers, by number. */
import { AppulseError } from '#gps/errors.js';

interface Waiting<T> {
  readonly done: (answer: T) => void;
  readonly failed: (error: Error) => void;
  /** What is told where no answer comes. */
  readonly late: string;
}

export class PendingAnswers<T> {
  readonly #waiting = new Map<number, Waiting<T>>();
  #asked = 0;
  #watched: Promise<unknown> | null = null;
  #over = false;

  /** `send` asks with the number that the answer must bear; `ended` settles when no answer comes any more, which fails with `late`. */
  ask(send: (id: number) => void, ended: Promise<unknown>, late: string): Promise<T> {
    const id = ++this.#asked;
    // Once, not with each question: a station is asked all night long.
    if (this.#watched !== ended) {
      this.#watched = ended;
      const end = () => this.#end();
      ended.then(end, end);
    }
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed, late });
      if (this.#over) this.#end();
      else send(id);
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

  #end(): void {
    this.#over = true;
    for (const [id, { late }] of this.#waiting) this.fail(id, new AppulseError('station.not-recording', late));
  }
}
