// What the guestbook asks the server, and the messages of its socket.
import { ask } from '@/net/api'
import { auth } from '@/net/auth'
import type { Schemas } from '@/net/described'
import { InkSocket } from '@/net/socket'
import type { SocketState } from '@/net/types'
import { decodeOf } from '@/wire/codec'

export type Entry = Schemas['Entry']

type FromServer = { type: 'guestbook_changed' } | { type: 'guestbook_waved'; person: string }
type FromClient = { type: 'guestbook_wave' }

export const api = {
  entries: () => ask('get', '/api/guestbook').then((answer) => answer.entries),
  sign: (text: string) => ask('post', '/api/guestbook', { json: { text } }),
  remove: (entry: string) => ask('delete', '/api/guestbook/{entry}', { path: { entry } }),
}

export function open(hear: (message: FromServer) => void, state: (now: SocketState) => void) {
  return new InkSocket<FromServer, FromClient>({
    url: '/ws/guestbook',
    decode: (frame) =>
      decodeOf<FromServer>(frame, {
        guestbook_changed: {},
        guestbook_waved: { person: 'string' },
      }),
    token: auth.token,
    onState: state,
    onWelcome: () => {},
    onMessage: hear,
  })
}
