// Opening a page from the server anew: a browser may keep the failure of a file until then.
const KEY = 'inkcall.fresh'
/** A file that is gone for good must not have the page opened over and over. */
const RARELY_MS = 30_000

/** Opens `at` anew once the server answers. Returns whether it does. */
export async function freshPage(at = location.href): Promise<boolean> {
  const last = Number(sessionStorage.getItem(KEY) ?? 0)
  if (Date.now() - last < RARELY_MS) return false
  const there = await fetch('/', { cache: 'no-store' }).then(
    (answer) => answer.ok,
    () => false,
  )
  if (!there) return false
  sessionStorage.setItem(KEY, String(Date.now()))
  location.assign(at)
  return true
}
