// The code that pairs a pen, as a person types it.
const LENGTH = 8

/** `abcd efgh` becomes `ABCD-EFGH`; anything beyond eight letters and digits is cut. */
export function tidyCode(typed: string): string {
  const kept = typed
    .normalize('NFKC') // an input method may give full-width letters
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, LENGTH)
  return kept.length > LENGTH / 2 ? `${kept.slice(0, LENGTH / 2)}-${kept.slice(LENGTH / 2)}` : kept
}

export function isWholeCode(code: string): boolean {
  return /^[A-Z0-9]{4}-[A-Z0-9]{4}$/.test(code)
}
