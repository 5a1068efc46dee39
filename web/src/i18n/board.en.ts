// Texts on the board.
export default {
  label: 'Board. Arrow keys move it, plus and minus zoom, 0 fits it to the screen.',
  photoLoading: 'Loading the photo…',
  photoFailed: 'The photo could not be loaded.',
  retry: 'Try again',
}
