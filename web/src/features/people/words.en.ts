// Words of signing in and pens in English.
import zh from './words.zh-CN'

const en: typeof zh = {
  signin: {
    title: 'Sign in',
    tagline: 'Open tutoring, one to one, live',
    benefits: {
      voice: 'Talk with a teacher who is online now',
      ink: 'See their handwriting as they write it',
      replay: 'Every session is kept and can be replayed',
    },
    login: 'Account',
    loginHint: 'The account your school gave you',
    password: 'Password',
    showPassword: 'Show the password',
    hidePassword: 'Hide the password',
    notMine: 'This is not my device',
    mineText: 'You stay signed in here until you sign out.',
    notMineText: 'You are signed out when the browser is closed.',
    submit: 'Sign in',
    submitting: 'Signing in…',
    recorded: 'Sessions are recorded: voice, writing, chat and photos are kept for replay.',
    capsLock: 'Caps Lock is on',
    error: {
      loginEmpty: 'Enter your account',
      passwordEmpty: 'Enter your password',
      wrongPassword:
        'The account or the password is not right. Check both and try again; if you forgot the password, ask your school.',
      throttled: 'Too many attempts. Try again in {wait}.',
      throttledOver: 'You can try again now.',
      offline: 'The server cannot be reached. Check your network and try again.',
      draining: 'The service is being maintained. Try again in a few minutes.',
      other: 'Signing in did not work. Try again in a moment. ({code})',
    },
    wait: { seconds: '{n} s', minutes: '{m} min {s} s' },
  },
  teacher: {
    pens: {
      title: 'My dot pens',
      connected: 'Connected',
      notConnected: 'Not connected',
      empty: 'No pen paired yet',
      emptyText: 'Start the pen bridge on your computer; it shows a code of eight characters.',
      confirm: 'Pair a pen',
      code: 'Pairing code',
      codeHint: 'The code the pen bridge shows, for example ABCD-EFGH',
      submit: 'Pair',
      cancel: 'Cancel',
      remove: 'Remove',
      removeLabel: 'Remove the pen {pen}',
      removeAsk:
        'This pen will no longer write in your sessions until it is paired again. Remove it?',
      paired: 'Paired {time}',
      done: 'The pen is paired',
      removed: 'The pen is removed',
      failed: 'The pens could not be loaded',
      error: {
        format: 'A code has eight letters or digits, for example ABCD-EFGH',
        unknown: 'No pen shows this code. Check it and try again.',
        expired: 'This code is too old. Get a new one in the pen bridge.',
        throttled: 'Too many attempts. Try again in a moment.',
        other: 'That did not work. Try again. ({code})',
      },
    },
  },
}

export default en
