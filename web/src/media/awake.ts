// Keeps the screen on during a call: a phone that sleeps drops the call.

export class Awake {
  private wanted = false
  private lock: WakeLockSentinel | null = null

  constructor() {
    document.addEventListener('visibilitychange', () => this.take())
  }

  on(): void {
    this.wanted = true
    this.take()
  }

  off(): void {
    this.wanted = false
    this.lock?.release().catch(() => undefined)
    this.lock = null
  }

  private take(): void {
    // The browser takes the lock back whenever the tab is hidden.
    if (!this.wanted || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    navigator.wakeLock.request('screen').then(
      (lock) => {
        if (this.wanted) this.lock = lock
        else lock.release().catch(() => undefined)
      },
      () => undefined, // a low battery may refuse it: the call goes on
    )
  }
}
