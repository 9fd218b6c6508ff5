"""Other formats from a recording that is there already: no video, no pose estimation."""

from pathlib import Path
from typing import Final

import tomli_w

from core.errors import DataError, SettingsError
from core.exporters import EXPORTERS, npz
from core.exporters.formats import require_formats
from core.files.atomic import write_text
from core.process.result_settings import describe_input
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.version import program_version

ENDINGS: Final = {e.name: e.ending for e in EXPORTERS.values()} | {"png": "_report.png"}
"""Format → what follows the recording's name; videos are left out, since a recording has no pictures."""


def export_sequence(
    source: Path,
    out_dir: Path,
    formats: tuple[str, ...],
    choices: ExportChoices,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> dict[str, Path]:
    """Write the formats of a recording, and `NAME.export.toml`, which says how.

    Args:
        source: The NPZ that `process` wrote.
        out_dir: Where to; made if it does not exist.
        formats: Keys of `ENDINGS`.
        choices: Coordinates, filter, gaps, scale.
        start_s: Start of the range, seconds.
        end_s: Its end, None for the end of the recording.

    Returns:
        Format → file.

    Raises:
        DataError: The recording cannot be read, or has no frame in the range.
        SettingsError: An unknown format, or the recording itself would be replaced.
        OutputError: A file cannot be written.
    """
    require_formats(formats, ENDINGS)
    paths = {name: out_dir / f"{source.stem}{ENDINGS[name]}" for name in formats}
    if "npz" in paths and paths["npz"].resolve() == source.resolve():
        raise SettingsError(f"{source} would be replaced by its own export; choose another folder with -o.")
    unused = [EXPORTERS[name].without if name in EXPORTERS else frozenset[str]() for name in formats]
    without = frozenset.intersection(*unused) | (frozenset() if "npz" in formats else {npz.LOOKS})
    sequence = in_range(npz.load(source, without=without), start_s, end_s, source)
    used = {}
    for name, path in paths.items():
        if name == "png":
            from core.exporters.pictures.report import save_report  # brings matplotlib

            save_report(sequence, path)
            continue
        motion = EXPORTERS[name].prepare(sequence, choices)
        EXPORTERS[name].write(motion, path)
        used[name] = motion.facts() | {"file": path.name}
    record = {
        "program_version": program_version(),
        "input": describe_input(source),
        "start_s": start_s,
        **({} if end_s is None else {"end_s": end_s}),
        "export": used,
    }
    write_text(out_dir / f"{source.stem}.export.toml", tomli_w.dumps(record))
    return paths


def in_range(sequence: PoseSequence, start_s: float, end_s: float | None, source: Path) -> PoseSequence:
    """Return the frames from `start_s` until before `end_s`; the times stay those of the source.

    Raises:
        SettingsError: The range makes no sense.
        DataError: The sequence has frames, but none in the range.
    """
    if start_s < 0 or (end_s is not None and end_s <= start_s):
        raise SettingsError(f"The range from {start_s:g} s to {end_s:g} s makes no sense; its end must be later.")
    if start_s == 0 and end_s is None:
        return sequence
    kept = (sequence.time_s >= start_s) & (sequence.time_s < (float("inf") if end_s is None else end_s))
    if len(sequence) and not kept.any():
        raise DataError(f"{source} has no frame in the range; it runs until {sequence.time_s[-1]:.2f} s.")
    return sequence.rows(kept)
