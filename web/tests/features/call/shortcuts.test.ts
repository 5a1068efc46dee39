// Keys of the console and the pairing code: what a person types, and what it means.
import { describe, expect, it } from 'vitest'
import { isWholeCode, tidyCode } from '@/features/people/pairing'
import { actionOf, SHORTCUTS, takesText } from '@/features/call/shortcuts'
import words from '@/features/call/words.zh-CN'

const press = (
  key: string,
  more: Partial<Record<'ctrlKey' | 'shiftKey' | 'altKey', boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

describe('actionOf', () => {
  it('knows every letter of the help list', () => {
    for (const { keys } of SHORTCUTS) {
      if (keys.length > 1) continue
      expect(actionOf(press(keys[0]!), false), keys[0]).not.toBeNull()
    }
    expect(actionOf(press('PageDown'), false)).toEqual({ do: 'turn', by: 1 })
    expect(actionOf(press('3'), false)).toEqual({ do: 'colour', index: 2 })
    expect(actionOf(press('z', { ctrlKey: true }), false)).toEqual({ do: 'undo' })
  })

  it('has a word for every row of the help list', () => {
    for (const { word } of SHORTCUTS) {
      expect(words.teacher.console.help).toHaveProperty(word)
    }
  })

  it('leaves letters to a text field, but still ends the session from there', () => {
    for (const key of ['m', 'p', '1', 'd', '?']) expect(actionOf(press(key), true)).toBeNull()
    expect(actionOf(press('z', { ctrlKey: true }), true)).toBeNull()
    expect(actionOf(press('E', { ctrlKey: true, shiftKey: true }), true)).toEqual({ do: 'end' })
  })

  it('leaves the browser its own shortcuts', () => {
    for (const key of ['t', 'd', 'p', 'm', '1']) {
      expect(actionOf(press(key, { ctrlKey: true }), false)).toBeNull()
      expect(actionOf(press(key, { altKey: true }), false)).toBeNull()
    }
  })
})

describe('takesText', () => {
  it('is so for fields of text only', () => {
    const input = document.createElement('input')
    expect(takesText(input)).toBe(true)
    input.type = 'range'
    expect(takesText(input)).toBe(false)
    expect(takesText(document.createElement('textarea'))).toBe(true)
    expect(takesText(document.createElement('button'))).toBe(false)
  })
})

describe('tidyCode', () => {
  it.each([
    ['abcdefgh', 'ABCD-EFGH'],
    [' abcd efgh ', 'ABCD-EFGH'],
    ['ABCD-EFGHxyz', 'ABCD-EFGH'],
    ['ａｂｃｄ－ｅｆｇｈ', 'ABCD-EFGH'],
    ['abcd', 'ABCD'],
    ['abcde', 'ABCD-E'],
    ['', ''],
  ])('makes %o into %o', (typed, code) => {
    expect(tidyCode(typed)).toBe(code)
  })

  it('knows a whole code', () => {
    expect(isWholeCode('ABCD-EFGH')).toBe(true)
    expect(isWholeCode('ABCD-EFG')).toBe(false)
  })
})
