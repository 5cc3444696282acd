"""MIDI files and piano rolls: which of the 128 pitches sound at each step, a fixed share of a beat."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, missing_extra
from .pictures import read

PITCHES = 128
DRUMS = 9  # the channel whose notes are no pitches
BEATS = 100  # a minute, of what is written
VELOCITY = 80  # of what is written, 127 at most
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch: 60 is C4."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def pitch_of(name: str) -> int:
    """Return the MIDI pitch of a name."""
    letters = name.rstrip("-0123456789")
    return NAMES.index(letters) + 12 * (int(name[len(letters) :]) + 1)


def read_midi(source: Path | bytes, label: str, rate: int) -> np.ndarray:
    """Return the roll (steps, 128) bool of a MIDI file, `rate` steps a beat; drums are left out.

    A note sounds from the step nearest to its begin to that nearest to its end, one step at least. Raises DataError
    with the file's name where it is damaged or holds no note.
    """
    midi = mido()
    try:
        found = midi.MidiFile(file=io.BytesIO(read(source, label)))
        beat, notes = found.ticks_per_beat, []
        for track in found.tracks:
            notes += notes_of(track)
    except DataError:
        raise
    except Exception as error:  # a damaged file makes the library raise several sorts
        raise DataError(
            f"{label} cannot be read as MIDI ({error or type(error).__name__}). Repair or remove it."
        ) from error
    if not notes or beat <= 0:
        raise DataError(f"{label} holds no notes.")
    spans = [(round(begin / beat * rate), round(end / beat * rate), pitch) for begin, end, pitch in notes]
    roll = np.zeros((max(max(end, begin + 1) for begin, end, _ in spans), PITCHES), bool)
    for begin, end, pitch in spans:
        roll[begin : max(end, begin + 1), pitch] = True
    sounding = np.flatnonzero(roll.any(1))
    return roll[sounding[0] : sounding[-1] + 1]


def notes_of(track: Any) -> list[tuple[int, int, int]]:
    """Return (begin, end, pitch) of the notes of a track, in ticks; one that is never ended ends with the track."""
    now, begun, notes = 0, dict[tuple[int, int], int](), []
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = (message.channel, message.note)
        if key in begun:
            notes.append((begun.pop(key), now, message.note))
        if message.type == "note_on" and message.velocity:
            begun[key] = now
    return notes + [(begin, now, pitch) for (_, pitch), begin in begun.items()]


def to_midi(roll: np.ndarray, rate: int) -> bytes:
    """Return a roll (steps, 128) bool as the bytes of a MIDI file; a pitch that goes on is one long note."""
    midi = mido()
    beat = 480
    found = midi.MidiFile(ticks_per_beat=beat)
    track = midi.MidiTrack()
    found.tracks.append(track)
    track.append(midi.MetaMessage("set_tempo", tempo=midi.bpm2tempo(BEATS), time=0))
    edges = np.diff(np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    before = 0
    for step in np.flatnonzero(edges.any(1)).tolist():
        ticks = round(step * beat / rate)
        for kind, sign in (("note_off", -1), ("note_on", 1)):
            for pitch in np.flatnonzero(edges[step] == sign).tolist():
                loud = VELOCITY if sign > 0 else 0
                track.append(midi.Message(kind, note=pitch, velocity=loud, time=ticks - before))
                before = ticks
    file = io.BytesIO()
    found.save(file=file)
    return file.getvalue()


def mido() -> Any:
    """Return the package that reads and writes MIDI. Raises MissingExtra where it is not installed."""
    try:
        import mido as found
    except ImportError as error:
        raise missing_extra("mido", "music", "reading and writing MIDI") from error
    return found
