// Words of the guestbook in English.
import zh from './words.zh-CN'

const en: typeof zh = {
  guestbook: {
    title: 'Guestbook',
    write: 'Your line',
    submit: 'Write it',
    remove: 'Remove',
    wave: 'Wave',
    waved: 'Somebody waves',
    left: 'has left',
    full: 'The guestbook is full',
    failed: 'That did not work ({code})',
  },
}

export default en
