// Times and sizes as people read them, in either language. The only formatter. Pure.

/** `m:ss`, or `h:mm:ss` from an hour on; part seconds are cut. */
export function clockText(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000))
  const seconds = String(all % 60).padStart(2, '0')
  const minutes = Math.floor(all / 60) % 60
  const hours = Math.floor(all / 3600)
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}`
    : `${minutes}:${seconds}`
}

/** What is left, as `clockText` writes it: a part second counts whole, so 0:00 means over. */
export function minutesSeconds(ms: number): string {
  return clockText(Math.ceil(ms / 1000) * 1000)
}

/** Time of day of a Unix ms. */
export function clockTime(ms: number, language: string): string {
  return new Date(ms).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })
}

/** Day of the year with its weekday, and time of day, of a Unix ms. */
export function dayAndTime(ms: number, language: string): string {
  return new Date(ms).toLocaleString(language, {
    month: 'long',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
}

/** Date and time of day of a Unix ms, for example `2026/3/1 18:05`. */
export function dateTimeText(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  }).format(ms)
}

export function sameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString()
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
