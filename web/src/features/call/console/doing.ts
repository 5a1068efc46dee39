// What buttons and keys of the console do to the room.
import { computed, type Ref } from 'vue'
import type { Room } from '@/net/types'
import { PAPER_HEIGHT, PAPER_WIDTH } from '@/wire/messages'

/** `usable` says that the room is joined and not over. */
export function useConsole(room: Room, usable: Readonly<Ref<boolean>>) {
  const studentDraws = computed(() => room.other?.permissions.includes('draw') ?? false)

  function addBlank(): void {
    if (usable.value) room.addPage('blank', PAPER_WIDTH, PAPER_HEIGHT)
  }
  function turn(by: 1 | -1): void {
    const at = room.pages.findIndex((page) => page.page === room.openPage)
    const next = room.pages[at + by]
    if (usable.value && at >= 0 && next) room.turnPage(next.page)
  }
  function letDraw(allowed: boolean): void {
    const other = room.other
    if (!other || !usable.value) return
    const rest = other.permissions.filter((permission) => permission !== 'draw')
    room.setPermissions(other.member, allowed ? [...rest, 'draw'] : rest)
  }
  function mute(): void {
    if (room.joined) room.setMuted(!room.voice.muted)
  }

  return { studentDraws, addBlank, turn, letDraw, mute }
}
