// A picture from a phone's camera made small enough for a mobile network before it is sent.

const LONGEST_SIDE = 2560
const GOOD_ENOUGH_BYTES = 1_500_000
const JPEG_QUALITY = 0.86

/** A smaller upright JPEG, or the file itself when it is small or this browser cannot read it
 * (HEIC, for one: the server can). */
export async function shrink(file: Blob): Promise<Blob> {
  if (file.size <= GOOD_ENOUGH_BYTES) return file
  let picture: ImageBitmap
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return file
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  const context = canvas.getContext('2d')
  if (!context) return file
  // A transparent PNG would turn black as a JPEG.
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  const small = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY),
  )
  return small && small.size < file.size ? small : file
}
