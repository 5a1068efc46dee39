// What every test begins with: a browser whose language is Chinese, wherever the tests run.
// Those without a page have no browser.
if (typeof document !== 'undefined')
  Object.defineProperty(navigator, 'languages', { get: () => ['zh-CN'], configurable: true })
