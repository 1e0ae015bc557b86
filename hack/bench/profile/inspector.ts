/** A process that was started with --inspect, as a debugger would talk to it. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(String(data)) as {
        id?: number;
        result?: unknown;
        error?: { message: string };
      };
      const waiting = id === undefined ? undefined : this.#waiting.get(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error.message));
    });
  }

  /** `output` is what the process has printed: the address is in it. */
  static open(output: string): Promise<Inspector> {
    const url = /ws:\/\/\S+/.exec(output)?.[0];
    if (url === undefined) return Promise.reject(new Error("the process is not to be inspected"));
    const socket = new WebSocket(url);
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => {
        resolve(new Inspector(socket));
      });
      socket.addEventListener("error", () => {
        reject(new Error(`${url} cannot be reached`));
      });
    });
  }

  /** Sends a command of the DevTools protocol. */
  call(method: string, params: object = {}): Promise<unknown> {
    const id = (this.#last += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  close(): void {
    this.#socket.close();
  }
}
