// The microphone of this tab, asked for once and shared by the calls that follow each other.

/** Ask early (when a call rings or is made), so that sound is there when the room is. */
export function prepareMicrophone(): void {}
