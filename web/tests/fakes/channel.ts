// In the place of BroadcastChannel: the tabs of one browser, heard in the order of what was said.
export class FakeChannel {
  static all: FakeChannel[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null

  constructor(readonly name: string) {
    FakeChannel.all.push(this)
  }

  postMessage(data: unknown): void {
    for (const other of FakeChannel.all) {
      if (other !== this && other.name === this.name) {
        queueMicrotask(() => FakeChannel.all.includes(other) && other.onmessage?.({ data }))
      }
    }
  }

  close(): void {
    FakeChannel.all = FakeChannel.all.filter((other) => other !== this)
  }
}
