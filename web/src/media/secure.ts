// Whether this page came the way browsers want it before they give anything private to it.

/** False for http:// from another machine: there is no microphone then, whatever is plugged in. */
export function pageIsSecure(): boolean {
  return (window.isSecureContext as boolean | undefined) !== false
}
