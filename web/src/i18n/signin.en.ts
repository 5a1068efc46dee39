// Words of the sign-in page in English.
import zh from './signin.zh-CN'

const en: typeof zh = {
  title: 'Sign in',
  tagline: 'Open tutoring, one to one, live',
  benefits: {
    voice: 'Talk with a teacher who is online now',
    ink: 'See her handwriting as she writes it',
    replay: 'Every session is kept and can be replayed',
  },
  login: 'Account',
  loginHint: 'The account your school gave you',
  password: 'Password',
  showPassword: 'Show the password',
  hidePassword: 'Hide the password',
  submit: 'Sign in',
  submitting: 'Signing in…',
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
}

export default en
