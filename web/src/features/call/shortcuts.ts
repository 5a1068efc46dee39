// The keyboard shortcuts of the console: which key does what. Pure.
export type Action =
  | { do: 'mute' }
  | { do: 'undo' }
  | { do: 'tool'; tool: 'pen' | 'highlighter' | 'hand' }
  | { do: 'colour'; index: number }
  | { do: 'turn'; by: 1 | -1 }
  | { do: 'blank' }
  | { do: 'photo' }
  | { do: 'chat' }
  | { do: 'draw' }
  | { do: 'help' }
  | { do: 'end' }

/** One row of the help list: the keys as shown and the word for them under `teacher.console.help`. */
export const SHORTCUTS: readonly { keys: string[]; word: string }[] = [
  { keys: ['M'], word: 'mute' },
  { keys: ['Ctrl', 'Z'], word: 'undo' },
  { keys: ['P'], word: 'pen' },
  { keys: ['H'], word: 'highlighter' },
  { keys: ['V'], word: 'hand' },
  { keys: ['1', '…', '6'], word: 'colour' },
  { keys: ['PgUp', 'PgDn'], word: 'pages' },
  { keys: ['B'], word: 'blank' },
  { keys: ['I'], word: 'photo' },
  { keys: ['T'], word: 'chat' },
  { keys: ['D'], word: 'draw' },
  { keys: ['?'], word: 'help' },
  { keys: ['Ctrl', 'Shift', 'E'], word: 'end' },
]

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

const PLAIN: Record<string, Action> = {
  m: { do: 'mute' },
  p: { do: 'tool', tool: 'pen' },
  h: { do: 'tool', tool: 'highlighter' },
  v: { do: 'tool', tool: 'hand' },
  pageup: { do: 'turn', by: -1 },
  pagedown: { do: 'turn', by: 1 },
  b: { do: 'blank' },
  i: { do: 'photo' },
  t: { do: 'chat' },
  d: { do: 'draw' },
  '?': { do: 'help' },
}

/** What a key press asks for, or null; `typing` is true while a text field has the focus. */
export function actionOf(press: Press, typing: boolean): Action | null {
  const key = press.key.toLowerCase()
  if (press.altKey) return null
  if (press.ctrlKey || press.metaKey) {
    if (key === 'z' && !press.shiftKey && !typing) return { do: 'undo' }
    if (key === 'e' && press.shiftKey) return { do: 'end' }
    return null
  }
  if (typing) return null
  if (/^[1-6]$/.test(key)) return { do: 'colour', index: Number(key) - 1 }
  return PLAIN[key] ?? null
}

/** Whether the element takes text, so that letters belong to it. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return (
    target instanceof HTMLInputElement &&
    !['button', 'checkbox', 'radio', 'range', 'file', 'submit'].includes(target.type)
  )
}
