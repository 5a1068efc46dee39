// Who is signed in on this tab: access token in memory, person id in the tab's and the device's storage, cookie beyond reach.
import { ref, shallowRef } from 'vue'
import { call, type Schemas } from './described'
import { ApiError } from './http'
import type { Person } from './types'

const PERSON_KEY = 'inkcall.person'
/** On the device: who is signed in when a new tab opens. */
const DEVICE_KEY = 'inkcall.device'
/** In a tab that was signed out: it asks who is there, whoever the device remembers. */
const ASK_KEY = 'inkcall.ask'
/** An access token with less than this left is exchanged before it is used. */
const EARLY_MS = 60_000

/** `unreachable`: somebody is remembered, but the server could not be asked yet. */
export type AuthState = 'unknown' | 'signed_in' | 'signed_out' | 'unreachable'

const person = shallowRef<Person | null>(null)
const state = ref<AuthState>('unknown')
let accessToken: string | null = null
let expiresAt = 0
let refreshing: Promise<string> | null = null
/** Grows with every sign-in and sign-out, so that a late answer cannot undo a newer choice. */
let era = 0

function take(answer: Schemas['SignInAnswer']): Person {
  accessToken = answer.access_token
  expiresAt = performance.now() + answer.expires_in * 1000
  person.value = answer.person
  state.value = 'signed_in'
  sessionStorage.setItem(PERSON_KEY, answer.person.id)
  sessionStorage.removeItem(ASK_KEY)
  return answer.person
}

/** In this tab; the device forgets only with `forgetDevice`. */
function leave(): void {
  era += 1
  accessToken = null
  expiresAt = 0
  person.value = null
  state.value = 'signed_out'
  sessionStorage.removeItem(PERSON_KEY)
  sessionStorage.setItem(ASK_KEY, '1')
}

function forget(): void {
  const id = sessionStorage.getItem(PERSON_KEY)
  if (localStorage.getItem(DEVICE_KEY) === id) localStorage.removeItem(DEVICE_KEY)
  leave()
}

/** `remember` is false on a device that is not the person's own. */
async function signIn(login: string, password: string, remember = true): Promise<Person> {
  const answer = await call('post', '/api/sign-in', { json: { login, password, remember } })
  era += 1
  const person = take(answer)
  if (remember) localStorage.setItem(DEVICE_KEY, person.id)
  else if (localStorage.getItem(DEVICE_KEY) === person.id) localStorage.removeItem(DEVICE_KEY)
  return person
}

/** Whose this tab is: a reload keeps its person, and a new tab has the one of the device. */
function remembered(): string | null {
  const own = sessionStorage.getItem(PERSON_KEY)
  if (own || sessionStorage.getItem(ASK_KEY)) return own
  const id = localStorage.getItem(DEVICE_KEY)
  if (id) sessionStorage.setItem(PERSON_KEY, id)
  return id
}

async function signOut(): Promise<void> {
  const id = sessionStorage.getItem(PERSON_KEY)
  forget()
  if (!id) return
  try {
    await call('post', '/api/people/{person}/sign-out', { path: { person: id } })
  } catch (error) {
    // The tab has forgotten its token either way; the cookie runs out by itself.
    if (!(error instanceof ApiError)) throw error
  }
}

async function refresh(id: string): Promise<string> {
  const mine = era
  try {
    const answer = await call('post', '/api/people/{person}/refresh', { path: { person: id } })
    if (mine !== era) throw new ApiError('token_revoked', 'signed out meanwhile', 401)
    take(answer)
    return answer.access_token
  } catch (error) {
    if (mine === era && error instanceof ApiError && error.status === 401) forget()
    throw error
  }
}

/** A token with at least a minute left. `fresh` exchanges it even so, after the server refused it.
 * Throws `ApiError`: 401 when signed out, code `offline` when the server cannot be reached. */
function token(fresh = false): Promise<string> {
  if (!fresh && accessToken && expiresAt - performance.now() > EARLY_MS) {
    return Promise.resolve(accessToken)
  }
  if (refreshing) return refreshing
  const id = sessionStorage.getItem(PERSON_KEY)
  if (!id) return Promise.reject(new ApiError('token_invalid', 'not signed in', 401))
  refreshing = refresh(id).finally(() => {
    refreshing = null
  })
  return refreshing
}

/** After a reload, and in a new tab: is the remembered person still signed in? */
async function restore(): Promise<boolean> {
  if (state.value === 'signed_in') return true
  if (!remembered()) {
    state.value = 'signed_out'
    return false
  }
  try {
    await token()
    return true
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (sessionStorage.getItem(PERSON_KEY)) state.value = 'unreachable'
    return false
  }
}

export const auth = { person, state, signIn, signOut, leave, token, restore }
