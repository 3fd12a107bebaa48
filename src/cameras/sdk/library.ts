/**
 * Opens a maker's library by a table of the functions that its driver calls. A function that an older library lacks makes its feature
 * unavailable, and nothing else.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type LibraryHandle, load } from 'koffi';
import { AppulseError, reasonOf } from '#gps/errors.js';

/**
 * What a maker's library or a camera behind it refuses. Codes: `sdk.library-missing`, `sdk.library-architecture`, `sdk.library-broken`,
 * `sdk.function-missing`, `sdk.refused` (the library answers with an error), `sdk.no-camera`, `sdk.in-use`, `sdk.lost`, `sdk.silent` (a call does not return).
 */
export class SdkError extends AppulseError {}

export interface ForeignFunction {
  /** As koffi reads it, such as `uint32_t ScanQHYCCD(void)`. */
  readonly signature: string;
  /** What cannot be done without it, in words; null: nothing can. */
  readonly feature: string | null;
}

/** A library and its functions: one table a driver, by name. */
export interface LibraryTable<Name extends string> {
  /** What people call it, such as `QHYCCD SDK`. */
  readonly title: string;
  /** Environment variable that names its file. */
  readonly environment: string;
  /** The setting that does, for messages. */
  readonly setting: string;
  /** File names that the system is asked for. */
  readonly fileNames: readonly string[];
  readonly functions: Readonly<Record<Name, ForeignFunction>>;
}

type Argument = unknown;
type Callable = ReturnType<LibraryHandle['func']>;

export class ForeignLibrary<Name extends string> {
  readonly path: string;
  /** Functions of the table that the library does not have. */
  readonly missing: readonly Name[];
  readonly #table: LibraryTable<Name>;
  readonly #functions: ReadonlyMap<Name, Callable>;

  private constructor(path: string, table: LibraryTable<Name>, functions: ReadonlyMap<Name, Callable>) {
    this.path = path;
    this.#table = table;
    this.#functions = functions;
    this.missing = (Object.keys(table.functions) as Name[]).filter((name) => !functions.has(name));
  }

  /**
   * `given`: a path from the configuration; null: from the environment, else the system's.
   * @throws SdkError `sdk.library-missing`, `sdk.library-architecture`, `sdk.library-broken`, `sdk.function-missing`
   */
  static open<N extends string>(table: LibraryTable<N>, given: string | null): ForeignLibrary<N> {
    const named = given ?? process.env[table.environment] ?? null;
    const [library, path] = named === null ? loadAny(table) : [loadFile(table, named), named];
    const functions = new Map<N, Callable>();
    for (const [name, { signature, feature }] of Object.entries(table.functions) as [N, ForeignFunction][]) {
      const found = functionOf(library, signature);
      if (found !== null) functions.set(name, found);
      else if (feature === null) {
        const what = `${path} has no function ${name}: it is no ${table.title}, or one that is too old`;
        throw new SdkError('sdk.function-missing', what, { context: { path, name } });
      }
    }
    return new ForeignLibrary(path, table, functions);
  }

  has(name: Name): boolean {
    return this.#functions.has(name);
  }

  /** Why what needs `name` is unavailable; null where it is there. */
  unavailable(name: Name): string | null {
    if (this.has(name)) return null;
    return `this ${this.#table.title} has no ${name} (${this.#table.functions[name].feature ?? 'an older library'}): a newer one may`;
  }

  /** Calls it in this thread. @throws SdkError `sdk.function-missing` */
  call(name: Name, ...args: Argument[]): unknown {
    return this.#function(name)(...args);
  }

  /** Calls it in a thread of the pool: for calls that block while callbacks into this thread must be served. */
  async callAside(name: Name, ...args: Argument[]): Promise<unknown> {
    const { promise, resolve, reject } = withResolvers<unknown>();
    this.#function(name).async(...args, (error: unknown, result: unknown) => (error ? reject(error) : resolve(result)));
    return promise;
  }

  #function(name: Name): Callable {
    const found = this.#functions.get(name);
    if (found !== undefined) return found;
    throw new SdkError('sdk.function-missing', this.unavailable(name) ?? name, { context: { path: this.path, name } });
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

function functionOf(library: LibraryHandle, signature: string): Callable | null {
  try {
    return library.func(signature);
  } catch (error) {
    if (/cannot find function/i.test(reasonOf(error))) return null;
    throw error;
  }
}

function loadAny<N extends string>(table: LibraryTable<N>): [LibraryHandle, string] {
  for (const name of table.fileNames) {
    try {
      return [loadForGood(name), name];
    } catch (error) {
      // One that is there and cannot be used is worth more words than "not found".
      if (!/no such file|cannot open shared object/i.test(reasonOf(error))) throw broken(table, name, error);
    }
  }
  throw new SdkError(
    'sdk.library-missing',
    `the ${table.title} is not installed (${table.fileNames.join(', ')} is not found): install the maker's package, or name its file by ${table.environment} or ${table.setting}`,
  );
}

/** dlfcn.h: at once, and never taken out of memory again. */
const RTLD_NOW = 0x2;
const RTLD_NODELETE = process.platform === 'darwin' ? 0x80 : 0x1000;

/**
 * koffi closes a library when the thread that opened it ends. Makers' libraries have threads of their own that go on, and would run in
 * memory that is not there any more: the library stays for as long as the process does.
 */
function loadForGood(path: string): LibraryHandle {
  const library = load(path);
  try {
    load(null).func('void *dlopen(const char *path, int flags)')(path, RTLD_NOW | RTLD_NODELETE);
  } catch {
    // A system whose dlopen cannot be called this way closes it as koffi does.
  }
  return library;
}

function loadFile<N extends string>(table: LibraryTable<N>, path: string): LibraryHandle {
  if (!existsSync(path)) {
    throw new SdkError(
      'sdk.library-missing',
      `${path} is not there: ${table.environment} or ${table.setting} is to name the file of the ${table.title}`,
      { context: { path } },
    );
  }
  const machine = machineOf(path);
  if (machine !== null && machine !== process.arch) {
    throw new SdkError(
      'sdk.library-architecture',
      `${path} is made for ${machine}, and this program runs on ${process.arch}: take the ${table.title} for ${process.arch}`,
      { context: { path, machine } },
    );
  }
  try {
    return loadForGood(path);
  } catch (error) {
    throw broken(table, path, error);
  }
}

function broken<N extends string>(table: LibraryTable<N>, path: string, cause: unknown): SdkError {
  return new SdkError(
    'sdk.library-broken',
    `the ${table.title} at ${path} cannot be loaded: ${reasonOf(cause)}; install what it needs, or take another version`,
    { cause, context: { path } },
  );
}

/** `e_machine` of an ELF file, by Node's names. */
const MACHINES: Readonly<Record<number, string>> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };

/** What an ELF file is made for; null where that cannot be told. */
function machineOf(path: string): string | null {
  const head = readFileSync(path).subarray(0, 20);
  if (head.byteLength < 20 || head.readUInt32BE(0) !== 0x7f454c46) return null;
  const code = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  return MACHINES[code] ?? `another machine (ELF ${code})`;
}
