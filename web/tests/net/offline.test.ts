// Where the page for a lost network is registered, and where it is not.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { showPageOffline } from '@/net/offline'

const register = vi.fn(async () => ({}))

function browser(secure: boolean, webdriver: boolean): void {
  vi.stubGlobal('isSecureContext', secure)
  vi.stubGlobal('navigator', { serviceWorker: { register }, webdriver })
}

beforeEach(() => {
  localStorage.clear()
  vi.spyOn(document, 'readyState', 'get').mockReturnValue('complete')
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  register.mockClear()
})

it('in a secure context, for every address, asked for anew each time', () => {
  browser(true, false)
  showPageOffline()
  expect(register).toHaveBeenCalledWith('/sw.js', { scope: '/', updateViaCache: 'none' })
})

it('only once the page has all it needs', () => {
  browser(true, false)
  vi.spyOn(document, 'readyState', 'get').mockReturnValue('loading')
  showPageOffline()
  expect(register).not.toHaveBeenCalled()
  window.dispatchEvent(new Event('load'))
  expect(register).toHaveBeenCalledTimes(1)
})

it('nowhere without a secure context, or where there are no service workers', () => {
  browser(false, false)
  showPageOffline()
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('navigator', { webdriver: false })
  showPageOffline()
  expect(register).not.toHaveBeenCalled()
})

it('in a browser test only when it asks for it', () => {
  browser(true, true)
  showPageOffline()
  expect(register).not.toHaveBeenCalled()
  localStorage.setItem('inkcall.offline', '1')
  showPageOffline()
  expect(register).toHaveBeenCalledTimes(1)
})

it('a browser that refuses it goes on', async () => {
  browser(true, false)
  register.mockRejectedValueOnce(new Error('the user said no'))
  showPageOffline()
  await Promise.resolve()
})
