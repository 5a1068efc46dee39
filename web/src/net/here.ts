// Which running session this device is in: a tab opened anew goes straight back into it.
import { auth } from './auth'

/** How long another tab of this device has to say that it is in the session. */
export const ANSWER_MS = 150

type Word = { ask: string } | { here: string } | { left: string }

/** Two windows of one browser can be two people, even of one session. */
function place(): string {
  return `inkcall.in.${auth.person.value?.id ?? ''}`
}

function open(name: string, hear: (word: Word) => void) {
  if (typeof BroadcastChannel === 'undefined') return null
  const channel = new BroadcastChannel(name)
  channel.onmessage = (event: MessageEvent<Word>) => hear(event.data)
  return channel
}

/** This tab is in the session. To be called back when it no longer is; `over`: nothing leads back. */
export function hold(session: string): (over: boolean) => void {
  const at = place()
  const keep = () => localStorage.setItem(at, session)
  keep()
  const channel = open(at, (word) => {
    if ('ask' in word && word.ask === session) channel?.postMessage({ here: session })
    // Taken over by this tab from the one that says so.
    if ('left' in word && word.left === session) keep()
  })
  return (over) => {
    if (over && localStorage.getItem(at) === session) localStorage.removeItem(at)
    if (over) channel?.postMessage({ left: session })
    channel?.close()
  }
}

/** Whether this device was in the session, and no tab of it is now. */
export async function wasHere(session: string): Promise<boolean> {
  const at = place()
  if (localStorage.getItem(at) !== session) return false
  return new Promise((resolve) => {
    const answer = (was: boolean) => {
      channel?.close()
      clearTimeout(timer)
      resolve(was)
    }
    const timer = setTimeout(() => answer(true), ANSWER_MS)
    const channel = open(at, (word) => {
      if ('here' in word && word.here === session) answer(false)
    })
    channel?.postMessage({ ask: session })
  })
}
