// Has the browser keep `public/sw.js`, which shows a page of ours when there is no network.

/** Set to `1`, browser tests have it too; otherwise they see the network as it is. */
const ASKED = 'inkcall.offline'

/** Registers it where the browser allows that, after the page has all it needs. */
export function showPageOffline(): void {
  if (!window.isSecureContext || !('serviceWorker' in navigator)) return
  if (navigator.webdriver && localStorage.getItem(ASKED) !== '1') return
  const register = () =>
    // Without it a browser works as well, only with its own page for a lost network.
    void navigator.serviceWorker
      .register('/sw.js', { scope: '/', updateViaCache: 'none' })
      .catch(() => {})
  if (document.readyState === 'complete') register()
  else window.addEventListener('load', register, { once: true })
}
