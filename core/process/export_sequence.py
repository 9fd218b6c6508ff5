"""Other formats from a recording that is there already: no video, no pose estimation."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import DataError, OutputError, SettingsError
from core.exporters import EXPORTERS, npz
from core.exporters.pictures.take_report.formats import REPORTS
from core.process.formats import require_formats
from core.process.plan import fitting_stem
from core.process.result_settings import (
    EXPORT_ENDING,
    ResultsFolder,
    describe_input,
    forget,
    load_exports,
    save_exports,
)
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.system.files.names import same_name_key, shown

ENDINGS: Final = (
    {e.name: e.ending for e in EXPORTERS.values()}
    | {name: report.ending for name, report in REPORTS.items()}
    | {"png": "_report.png"}
)
"""Format → what follows the recording's name; videos are left out, since a recording has no pictures."""


def export_paths(
    sources: Sequence[Path], out_dir: Path | None, formats: tuple[str, ...], *, overwrite: bool = False
) -> list[dict[str, Path]]:
    """Return format → file for each recording, once it is sure that nothing is lost by writing them.

    Args:
        sources: The recordings.
        out_dir: Where to; None for where each recording lies.
        formats: Keys of `ENDINGS`.
        overwrite: Whether files that this program did not write may be replaced.

    Raises:
        SettingsError: An unknown format, a recording would be replaced, or two recordings of one name.
        OutputError: A file that this program did not write would be replaced.
    """
    require_formats(formats, ENDINGS)
    read = {os.path.realpath(source) for source in sources}
    taken: dict[tuple[str, str], Path] = {}
    folders: dict[Path, ResultsFolder] = {}
    planned = []
    for source in sources:
        folder = source.parent if out_dir is None else out_dir
        stem = fitting_stem(source.stem, folder)
        paths = {name: folder / f"{stem}{ENDINGS[name]}" for name in formats}
        existing = folders.setdefault(folder, ResultsFolder(folder))
        record = folder / f"{stem}{EXPORT_ENDING}"
        for path in (*paths.values(), record):
            if os.path.realpath(path) in read:
                raise SettingsError(
                    f"{path} would be replaced by its own export or another; choose another folder with -o."
                )
            other = taken.setdefault((os.path.realpath(folder), same_name_key(path.name)), source)
            if other is not source:
                raise SettingsError(f"{other} and {source} would both be written as {path}; choose two folders.")
            if os.path.isdir(path):  # unlike Path.is_dir, no error in a folder that may not be entered
                raise OutputError(f"{path} is a folder, and a file would have its name; choose another with -o.")
            is_ours = shown(stem) in existing.owners(path.name)
            if existing.is_there(path.name) and not is_ours and not overwrite:
                raise OutputError(
                    f"{path} is there and was not written by this program from {source.name}; choose another folder "
                    "with -o, move the file, or add --overwrite."
                )
        planned.append(paths)
    return planned


def export_sequence(
    source: Path,
    out_dir: Path,
    formats: tuple[str, ...],
    choices: ExportChoices,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Write the formats of a recording, and `NAME.export.toml`, which says how.

    What `NAME.settings.toml` said of the same files is taken from it.

    Args:
        source: The NPZ that `process` wrote.
        out_dir: Where to; made if it does not exist.
        formats: Keys of `ENDINGS`.
        choices: Coordinates, filter, gaps, scale.
        start_s: Start of the range, seconds.
        end_s: Its end, None for the end of the recording.
        overwrite: Whether files that this program did not write may be replaced.

    Returns:
        Format → file.

    Raises:
        DataError: The recording cannot be read, or has no frame in the range.
        SettingsError: An unknown format, a range that makes no sense, or the recording itself would be replaced.
        OutputError: A file cannot be written, or is somebody else's.
    """
    (paths,) = export_paths([source], out_dir, formats, overwrite=overwrite)
    unused = [EXPORTERS[name].without if name in EXPORTERS else frozenset[str]() for name in formats]
    without = frozenset.intersection(*unused) | (frozenset() if "npz" in formats else {npz.LOOKS})
    sequence = in_range(npz.load(source, without=without), start_s, end_s, source)
    stem = fitting_stem(source.stem, out_dir)
    record = out_dir / f"{stem}{EXPORT_ENDING}"
    exports = load_exports(record) or {}
    span = {"start_s": start_s, **({} if end_s is None else {"end_s": end_s})}
    for name, path in paths.items():
        motion = EXPORTERS[name].prepare(sequence, choices) if name in EXPORTERS else None
        exports[name] = {"file": shown(path.name), "input": describe_input(source), **span}
        save_exports(record, exports)  # known as this program's, should it be killed
        forget(out_dir, stem, [path.name], by_export=True)
        if name in REPORTS:
            exports[name] |= REPORTS[name].save(sequence, path, choices)
        elif motion is None:
            from core.exporters.pictures.report import save_report  # brings matplotlib

            save_report(sequence, path)
        else:
            EXPORTERS[name].write(motion, path)
            exports[name] |= motion.facts()
    save_exports(record, exports)
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
