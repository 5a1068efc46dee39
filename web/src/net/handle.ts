// `window.__inkcall`: a small read-only view of the running room, for browser tests and benches.
import type { Board } from '@/wire/messages'
import type { VoiceState } from '@/media/types'
import type { SocketState } from './types'

export interface Handle {
  room: {
    readonly board: Board
    readonly seq: number
    readonly link: SocketState
    /** performance.timeOrigin based ms at which the newest ink was painted. */
    readonly lastDrawnAt: number | null
    /** `[seq of the room when painted, at]`, the last thousand or two. */
    readonly paints: readonly (readonly [seq: number, at: number])[]
  }
  voice: {
    readonly pc: RTCPeerConnection | null
    readonly state: VoiceState
    readonly firstFrameAt: number | null
    readonly firstSoundAt: number | null
  }
}

declare global {
  interface Window {
    __inkcall?: Handle
  }
}

export function publish(handle: Handle): void {
  window.__inkcall = handle
}
