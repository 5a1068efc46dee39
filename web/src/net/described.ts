// HTTP calls as the server describes them: address, query, body and answer are checked against it.
import type { components, paths } from '@generated/http'
import { request, type RequestOptions } from './http'

export type Schemas = components['schemas']

type Paths = keyof paths
export type Method = 'get' | 'post' | 'delete'
/** The addresses that take this method. */
export type With<M extends Method> = {
  [P in Paths]: paths[P][M] extends { responses: unknown } ? P : never
}[Paths]
type Operation<M extends Method, P extends Paths> = paths[P][M]

type Json<T> = T extends { content: { 'application/json': infer Value } } ? Value : void
type Answered<R> = R extends { 200: infer Ok }
  ? Json<Ok>
  : R extends { 201: infer Created }
    ? Json<Created>
    : void
/** What a call answers with when it is not refused. */
export type Answer<M extends Method, P extends Paths> =
  Operation<M, P> extends { responses: infer R } ? Answered<R> : never

type Holes<P> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never
type Names<P> = [Holes<P>] extends [never] ? never : Record<Holes<P>, string>
/** What an address takes after its question mark. */
export type Query<M extends Method, P extends Paths> =
  Operation<M, P> extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never
type Body<O> = O extends { requestBody: { content: { 'application/json': infer Value } } }
  ? Value
  : never
type Given<K extends string, T> = [T] extends [never] ? unknown : { [key in K]: T }
/** What goes with a call; nothing may be left out that the server wants. */
export type Options<M extends Method, P extends Paths> = Given<'path', Names<P>> &
  Given<'json', Body<Operation<M, P>>> & { query?: Query<M, P> }
/** As the last argument, which a call that wants nothing may leave out. */
export type Rest<M extends Method, P extends Paths> =
  object extends Options<M, P> ? [options?: Options<M, P>] : [options: Options<M, P>]

interface Filled {
  path?: Record<string, string>
  query?: Record<string, string | number | undefined>
  json?: unknown
}

function filled(path: string, { path: names = {}, query = {} }: Filled): string {
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name]!))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  return search.size > 0 ? `${address}?${search}` : address
}

/** An address of the description, its holes filled. */
export function address<P extends Paths>(path: P, names: Names<P>): string {
  return filled(path, { path: names as Record<string, string> })
}

/** One call; throws `ApiError`. */
export function call<M extends Method, P extends With<M>>(
  method: M,
  path: P,
  ...[options]: Rest<M, P>
): Promise<Answer<M, P>> {
  return callWith({}, method, path, ...([options] as Rest<M, P>))
}

/** The same with a token or a signal, which are no part of the description. */
export function callWith<M extends Method, P extends With<M>>(
  more: Pick<RequestOptions, 'token' | 'signal'>,
  method: M,
  path: P,
  ...[options]: Rest<M, P>
): Promise<Answer<M, P>> {
  const given = (options ?? {}) as Filled
  const json = 'json' in given ? { json: given.json } : {}
  return request(method.toUpperCase(), filled(path, given), { ...more, ...json })
}
