// What an installed app shows when there is no network, instead of the browser's own page. It keeps nothing:
// no file, no answer of the server, not even this page, so that nothing can be older than the server. A browser
// asks for this file anew with every visit; to take it out of use, let it only call `registration.unregister()`.

const PAGE = `<!doctype html>
<html lang="zh-CN">
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#f6f4ee">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<!-- The same address again, which may come from the server then. -->
<meta http-equiv="refresh" content="10">
<title>双师答疑 · Inkcall</title>
<style>
body { margin: 0; min-height: 100dvh; display: grid; place-content: center; justify-items: center; gap: 14px;
  padding: 24px; box-sizing: border-box; background: #f6f4ee; color: #1d2327; text-align: center;
  font: 18px/1.6 system-ui, sans-serif }
h1 { margin: 0; font-size: 24px; line-height: 1.3 }
p + h1 { margin-top: 24px }
p { margin: 0; color: #51585c }
a { margin-top: 10px; padding: 12px 28px; border-radius: 12px; background: #0f5f5c; color: #fff;
  font-weight: 600; text-decoration: none }
</style>
<svg width="72" height="72" viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" rx="16" fill="#0f5f5c"/><path d="M16 44c8-2 10-20 17-24 5-3 7 3 3 9-3 5-8 9-7 13 1 5 10 1 19-8" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/><circle cx="48" cy="18" r="4.5" fill="#f6b26b"/></svg>
<main>
<h1>现在没有网络</h1>
<p>请检查网络。网络恢复后会自动打开。</p>
<h1 lang="en">You are offline</h1>
<p lang="en">Check your network. It opens by itself once it is back.</p>
</main>
<a href="">再试一次 · <span lang="en">Try again</span></a>
</html>
`

// The new one may take over at once: neither it nor the old one has anything of the running pages.
self.addEventListener('install', () => self.skipWaiting())

self.addEventListener('activate', (event) => {
  // The page is asked for while this file starts, so that no visit is slower for it.
  event.waitUntil(self.registration.navigationPreload?.enable())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.mode !== 'navigate' || request.method !== 'GET') return
  if (/^\/(api|ws)\//.test(new URL(request.url).pathname)) return
  event.respondWith(page(event))
})

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request))
  } catch {
    return new Response(PAGE, {
      status: 503,
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    })
  }
}
