// The pictures of photo pages: each is fetched once, and again when it failed and is asked for.
type Picture = ImageBitmap | 'loading' | 'failed'
export type PhotoState = 'none' | 'loading' | 'ready' | 'failed'

export class PagePhotos {
  private readonly known = new Map<string, Picture>()

  constructor(
    private readonly load: (photo: string) => Promise<ImageBitmap>,
    /** One has come, or will not. */
    private readonly changed: (photo: string) => void,
  ) {}

  /** How far this photo is; fetches it when it is wanted for the first time. */
  want(photo: string | null): PhotoState {
    if (!photo) return 'none'
    const known = this.known.get(photo)
    if (known) return typeof known === 'string' ? known : 'ready'
    this.known.set(photo, 'loading')
    const arrived = (picture: ImageBitmap | 'failed') => {
      this.known.set(photo, picture)
      this.changed(photo)
    }
    this.load(photo).then(arrived, () => arrived('failed'))
    return 'loading'
  }

  picture(photo: string | null): ImageBitmap | null {
    const known = photo ? this.known.get(photo) : undefined
    return known && typeof known !== 'string' ? known : null
  }

  /** Lets a photo that failed be fetched again. */
  forgive(photo: string): void {
    if (this.known.get(photo) === 'failed') this.known.delete(photo)
  }
}
