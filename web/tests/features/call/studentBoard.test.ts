// What the student does in the call: writing, pages, chat, photos; and what the server is asked for.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StudentCall } from '../../fakes/call'
import { type Arriving } from '../../fakes/call'
import { page as pageOf, stroke } from '../../fakes/board'
import { calm } from '../../fakes/media'
import { serve } from '../../fakes/server'
import { speak } from '../../fakes/visit'
import { BoardRenderer } from '@/board/renderer'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))
vi.mock('@/net/room', () => import('../../fakes/oneRoom'))

let call: StudentCall
let room: StudentCall['room']
let page: StudentCall['page']

beforeEach(() => {
  call = new StudentCall()
  room = call.room
})
afterEach(() => call.leave())

async function enter(how?: Arriving) {
  await call.enter(how)
  page = call.page
}
const happens: StudentCall['happens'] = (event) => call.happens(event)
const changes: StudentCall['changes'] = (...change) => call.changes(...change)

describe('the tools', () => {
  function drawAt(x: number, y: number) {
    const frame = page.get('board')
    const event = (type: string, dx: number) =>
      frame.dispatchEvent(
        new PointerEvent(type, {
          pointerId: 1,
          pointerType: 'mouse',
          button: 0,
          clientX: x + dx,
          clientY: y,
          bubbles: true,
        }),
      )
    event('pointerdown', 0)
    event('pointermove', 30)
    event('pointerup', 30)
  }
  async function enterWithBoard() {
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(500)
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(500)
    await enter()
  }

  it('zoom by buttons, and back to the whole page', async () => {
    const zoom = vi.spyOn(BoardRenderer.prototype, 'zoom')
    await enterWithBoard()
    await page.press('zoom-out')
    await page.press('zoom-in')
    expect(zoom.mock.calls.map(([factor]) => factor > 1)).toEqual([false, true])
    const fit = vi.spyOn(BoardRenderer.prototype, 'fitPage')
    await page.press('zoom-fit')
    expect(fit).toHaveBeenCalledOnce()
  })

  it('lie over the board’s lower edge, and more of it where pages are turned', async () => {
    const frame = vi.spyOn(BoardRenderer.prototype, 'show')
    await enterWithBoard()
    const renderer = frame.mock.contexts.at(-1) as BoardRenderer
    const alone = renderer.cover
    expect(alone).toBeGreaterThanOrEqual(68)
    await happens({ type: 'page_added', member: 'tea', page: pageOf('b') })
    expect(renderer.cover).toBeGreaterThanOrEqual(alone + 44)
  })

  it('draw with the pen that was chosen', async () => {
    await enterWithBoard()
    await page.press('tool-colour')
    await page.press('colour-red')
    expect(page.sees('palette')).toBe(false)
    await page.press('tool-colour')
    await page.press('width-thick')
    drawAt(200, 200)
    await page.settled()
    expect(room.asked('stroke_begin')).toMatchObject([
      { page: 'a', tool: 'pen', colour: '#c81e1e', width: 140 },
    ])
    expect(room.asked('stroke_end')).toHaveLength(1)
  })

  it('mark wider and in a colour of its own with the highlighter', async () => {
    await enterWithBoard()
    await page.press('tool-highlighter')
    drawAt(200, 200)
    await page.settled()
    expect(room.asked('stroke_begin')).toMatchObject([
      { tool: 'highlighter', colour: '#ffd400', width: 525 },
    ])
  })

  it('move the page and draw nothing with the hand', async () => {
    await enterWithBoard()
    await page.press('tool-hand')
    expect((page.get('tool-colour') as HTMLButtonElement).disabled).toBe(true)
    drawAt(200, 200)
    await page.settled()
    expect(room.asked('stroke_begin')).toEqual([])
  })

  it('take the last stroke back, and cannot when there is none', async () => {
    await enterWithBoard()
    expect((page.get('tool-undo') as HTMLButtonElement).disabled).toBe(true)
    drawAt(200, 200)
    await page.settled()
    const [begun] = room.asked('stroke_begin')
    await page.press('tool-undo')
    expect(room.asked('undo_stroke')).toMatchObject([{ stroke: begun!.stroke }])
    expect((page.get('tool-undo') as HTMLButtonElement).disabled).toBe(true)
  })

  it('are gone while the teacher has paused the writing, and back after', async () => {
    speak('en')
    await enterWithBoard()
    await changes('stu', { permissions: ['upload', 'end'] })
    expect(page.sees('tool-pen')).toBe(false)
    expect(page.text()).toContain('Your teacher paused your writing')
    drawAt(200, 200)
    await page.settled()
    expect(room.asked('stroke_begin')).toEqual([])
    await changes('stu', { permissions: ['draw', 'upload', 'end'] })
    expect(page.sees('tool-pen')).toBe(true)
  })

  it('the palette closes with Escape', async () => {
    await enter()
    await page.press('tool-colour')
    page
      .get('palette')
      .dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await page.settled()
    expect(page.sees('palette')).toBe(false)
  })

  it('drawn while the connection is lost, it is sent when it is back', async () => {
    await enterWithBoard()
    room.socket.drop()
    await page.settled()
    drawAt(200, 200)
    await vi.advanceTimersByTimeAsync(1_000)
    room.letIn()
    await page.settled()
    expect(room.asked('stroke_begin')).toHaveLength(1)
    expect(room.asked('stroke_end')).toHaveLength(1)
  })
})

describe('the pages', () => {
  it('one page has no turner; more are turned for both, and only within their number', async () => {
    await enter()
    expect(page.sees('page-of')).toBe(false)
    await happens({ type: 'page_added', member: 'tea', page: pageOf('b') })
    await happens({ type: 'page_turned', member: 'tea', page: 'b' })
    expect(page.get('page-of').textContent).toBe('2/2')
    expect((page.get('page-next') as HTMLButtonElement).disabled).toBe(true)
    await page.press('page-prev')
    expect(room.asked('turn_page')).toMatchObject([{ page: 'a' }])
    await happens({ type: 'page_turned', member: 'stu', page: 'a' })
    expect(page.get('page-of').textContent).toBe('1/2')
    expect((page.get('page-prev') as HTMLButtonElement).disabled).toBe(true)
  })

  it('stay while the pen writes on another, and a tap goes there', async () => {
    room.pages = [pageOf('a'), pageOf('b')]
    await enter()
    const { ended, ...by } = stroke('pen-n.1', { page: 'b', source: 'pen-n', member: 'tea' })
    await happens({ type: 'stroke_began', ...by, page: 'a', stroke: 'pen-n.0' })
    expect([ended, page.sees('pen-hint')]).toEqual([true, false])
    await happens({ type: 'stroke_began', ...by })
    expect(page.get('pen-hint').textContent).toContain('笔正在第 2 页上写')
    await page.press('pen-hint')
    expect(room.asked('turn_page')).toMatchObject([{ page: 'b' }])
    await happens({ type: 'page_turned', member: 'stu', page: 'b' })
    expect(page.sees('pen-hint')).toBe(false)
  })

  it('a hand that writes on another page is no pen', async () => {
    room.pages = [pageOf('a'), pageOf('b')]
    await enter()
    const { ended, ...by } = stroke('web-t.1', { page: 'b', source: 'web-t', member: 'tea' })
    await happens({ type: 'stroke_began', ...by })
    expect([ended, page.sees('pen-hint')]).toEqual([true, false])
  })

  it('are opened from the strip, which closes', async () => {
    room.pages = [pageOf('a'), pageOf('b'), pageOf('c')]
    await enter()
    await page.press('pages')
    expect(page.get('page-1').getAttribute('aria-current')).toBe('page')
    await page.press('page-3')
    expect(room.asked('turn_page')).toMatchObject([{ page: 'c' }])
    expect(page.sees('pages-sheet')).toBe(false)
  })

  it('a blank one is added, where one may draw', async () => {
    await enter()
    await page.press('pages')
    await page.press('page-add')
    expect(room.asked('add_page')).toMatchObject([{ kind: 'blank', width: 14_800, height: 21_000 }])
    await changes('stu', { permissions: [] })
    await page.press('pages')
    expect(page.sees('page-add')).toBe(false)
  })
})

describe('the chat', () => {
  const line = (text: string) => ({ type: 'said', member: 'tea', text })
  const lines = () =>
    [...document.querySelectorAll('[data-testid=chat-line] p')].map((one) => one.textContent)

  it('sends what was written once, trimmed, and empties the field', async () => {
    await enter()
    await page.press('chat-button')
    expect((page.get('chat-send') as HTMLButtonElement).disabled).toBe(true)
    await page.type('chat-input', '  老师好  ')
    const send = page.get('chat-send')
    const form = send.closest('form')!
    form.dispatchEvent(new Event('submit'))
    form.dispatchEvent(new Event('submit'))
    await page.settled()
    expect(room.asked('say')).toMatchObject([{ text: '老师好' }])
    expect((page.get('chat-input') as HTMLTextAreaElement).value).toBe('')
  })

  it('Enter sends, but not while a Chinese word is being spelt, and not with Shift', async () => {
    await enter()
    await page.press('chat-button')
    const enterKey = (more: KeyboardEventInit) =>
      page.get('chat-input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ...more }))
    await page.type('chat-input', '抛物线')
    enterKey({ isComposing: true })
    enterKey({ shiftKey: true })
    expect(room.asked('say')).toEqual([])
    enterKey({})
    expect(room.asked('say')).toMatchObject([{ text: '抛物线' }])
  })

  it('a line written without a network stands there as not sent yet; with one, only what was heard', async () => {
    await enter()
    await page.press('chat-button')
    await page.type('chat-input', '在吗')
    page.get('chat-send').closest('form')!.dispatchEvent(new Event('submit'))
    await page.settled()
    expect(page.sees('unsent')).toBe(false)
    room.socket.drop()
    await page.settled()
    expect(page.get('unsent').textContent).toMatch(/在吗/)
  })

  it('a new line is told and counted until the chat is opened', async () => {
    await enter()
    await happens(line('看这里'))
    await happens(line('再看这里'))
    expect(page.get('chat-unread').textContent).toBe('2')
    expect(page.text()).toContain('陈静怡：再看这里')
    await page.press('chat-button')
    expect(page.sees('chat-unread')).toBe(false)
    expect(lines()).toEqual(['看这里', '再看这里'])
  })

  it('one’s own lines are not counted as unread', async () => {
    await enter()
    await happens({ type: 'said', member: 'stu', text: '在吗' })
    expect(page.sees('chat-unread')).toBe(false)
  })

  it('a hundred unread are many', async () => {
    await enter()
    for (let n = 0; n < 120; n += 1) room.happens(line(`${n}`))
    await page.settled()
    expect(page.get('chat-unread').textContent).toBe('99+')
  })

  it('stands beside the board on a wide screen, with what was said before one came', async () => {
    room.chat = [{ seq: 3, at: 0, member: 'tea', text: '先到的' }]
    await enter({ wide: true })
    expect(page.sees('chat-button')).toBe(false)
    expect(lines()).toEqual(['先到的'])
    await happens(line('后来的'))
    expect(lines()).toEqual(['先到的', '后来的'])
  })

  it('shows markup as the text it is', async () => {
    await enter({ wide: true })
    await happens(line('<b>x</b>'))
    expect(lines()).toEqual(['<b>x</b>'])
  })

  it('says so when nothing was said yet', async () => {
    speak('en')
    await enter({ wide: true })
    expect(page.text()).toContain('No messages yet')
  })
})

describe('a photo', () => {
  interface Upload {
    progress(share: number): void
    answer(status: number, body: unknown): void
    fail(): void
  }
  let uploads: Upload[]

  beforeEach(() => {
    uploads = []
    class FakeRequest {
      upload = {} as { onprogress?: (event: unknown) => void }
      onload?: () => void
      onerror?: () => void
      status = 0
      responseText = ''
      open() {}
      setRequestHeader() {}
      getResponseHeader = () => null
      send() {
        uploads.push({
          progress: (share) =>
            this.upload.onprogress?.({ lengthComputable: true, loaded: share * 100, total: 100 }),
          answer: (status, body) => {
            this.status = status
            this.responseText = JSON.stringify(body)
            this.onload?.()
          },
          fail: () => this.onerror?.(),
        })
      }
    }
    vi.stubGlobal('XMLHttpRequest', FakeRequest)
    serve(() => 'down')
  })

  async function choose() {
    const input = page.get('photo-file') as HTMLInputElement
    const file = new File(['x'], 'x.jpg', { type: 'image/jpeg' })
    Object.defineProperty(input, 'files', { value: [file], configurable: true })
    input.dispatchEvent(new Event('change'))
    await page.settled()
  }
  const settle = async () => {
    await vi.advanceTimersByTimeAsync(10)
    await calm()
    await page.settled()
  }

  it('shows how much is sent, then becomes a page', async () => {
    await enter()
    await page.press('photo')
    expect(page.sees('photo-sheet')).toBe(true)
    await choose()
    expect(page.sees('photo-sheet')).toBe(false)
    uploads[0]!.progress(0.4)
    await page.settled()
    expect(page.get('uploading').textContent).toContain('40%')
    expect((page.get('photo') as HTMLButtonElement).disabled).toBe(true)
    uploads[0]!.answer(200, { photo: 'f_1', width: 3000, height: 4000 })
    await settle()
    await vi.waitFor(() => expect(room.asked('add_page')).toHaveLength(1))
    expect(room.asked('add_page')).toMatchObject([{ kind: 'photo', photo: 'f_1' }])
    await page.settled()
    expect(page.sees('uploading')).toBe(false)
  })

  it.each([
    [413, 'too_large', '15 MB'],
    [400, 'not_a_picture', 'no photo'],
    [503, 'draining', 'Maintenance'],
  ])('refused (%i %s), it says why, and another can be sent', async (status, code, words) => {
    speak('en')
    await enter()
    await choose()
    uploads[0]!.answer(status, { error: { code, text: '' } })
    await settle()
    await vi.waitFor(() => expect(page.get('upload-error').textContent).toContain(words))
    expect((page.get('photo') as HTMLButtonElement).disabled).toBe(false)
    await choose()
    expect(page.sees('upload-error')).toBe(false)
    expect(uploads).toHaveLength(2)
    expect(room.asked('add_page')).toEqual([])
  })

  it('lost on the way, it says so', async () => {
    speak('en')
    await enter()
    await choose()
    uploads[0]!.fail()
    await settle()
    expect(page.get('upload-error').textContent).toContain('connection')
    await page.press(page.get('upload-error').querySelector('button')!)
    expect(page.sees('upload-error')).toBe(false)
  })
})
