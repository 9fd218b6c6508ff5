"""What a report says, before anybody lays it out: facts, which measures, tables, how it was made."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.analysis.analysis import Analysis, analyse_motion
from core.analysis.measures import MEASURES, METRES, title, unit
from core.analysis.statistics import statistics
from core.exporters.pictures.stills import Still
from core.pose.angles.joint_angles import MIDLINE_ANGLES, PAIRED_ANGLES
from core.sequence.prepared import PreparedMotion

_MOST_KINDS: Final = 6
_LEAST_RANGE: Final = {"°": 15.0, METRES: 0.08}
_UNCLEAR: Final = ("rotation", "shoulder_plane")
Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A small table; the first column is words, the others numbers."""

    header: Row
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True)
class Contents:
    """Everything a report says.

    Attributes:
        title: Its name.
        facts: (what, value) of the recording.
        motion: As prepared.
        analysis: Measures and cycles.
        kinds: Measures that are drawn, without their side, the ones that move most first.
        ranges: Table of how far they go, left and right.
        cycles: Table of repetitions, None without.
        made: (what, value) of how it was made.
        notes: One sentence each: what was assumed, what was not seen.
        pictures: Of the video.
        moments_s: Times of the figures.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    motion: PreparedMotion
    analysis: Analysis
    kinds: Row
    ranges: Table
    cycles: Table | None
    made: tuple[tuple[str, str], ...]
    notes: Row
    pictures: tuple[Still, ...] = ()
    moments_s: tuple[float, ...] = ()


def contents(motion: PreparedMotion, analysis: Analysis | None = None, pictures: tuple[Still, ...] = ()) -> Contents:
    """Return what the report of a motion says."""
    analysis = analyse_motion(motion) if analysis is None else analysis
    kinds = _kinds(analysis)
    return Contents(
        title=_title(motion),
        facts=tuple(_facts(motion, analysis)),
        motion=motion,
        analysis=analysis,
        kinds=kinds,
        ranges=_ranges(analysis, kinds),
        cycles=_cycle_table(analysis, kinds),
        made=tuple(_made(motion)),
        notes=motion.notes,
        pictures=pictures,
        moments_s=moments(motion, analysis),
    )


def moments(motion: PreparedMotion, analysis: Analysis) -> tuple[float, ...]:
    """Return three times that show the movement: through a repetition in the middle, or through the recording."""
    series, cycles = analysis.series, analysis.cycles
    if cycles is not None and cycles.whole:
        cycle = cycles.whole[len(cycles.whole) // 2]
        inside = series.between(cycle.start_s, cycle.end_s)
        found = statistics(inside.time_s, inside.values[cycles.measure])
        edges = [np.interp(t, series.time_s, np.nan_to_num(series.values[cycles.measure])) for t in (cycle.start_s,)]
        top = found.high_s if abs(found.high - edges[0]) >= abs(found.low - edges[0]) else found.low_s
        return (cycle.start_s, (cycle.start_s + top) / 2, top)
    seen_s = motion.time_s[motion.sequence.is_found]
    return tuple(float(t) for t in np.quantile(seen_s, [0.15, 0.5, 0.85])) if len(seen_s) else ()


def sides(kind: str) -> tuple[tuple[str, str], ...]:
    """Return (name of a measure, "left", "right" or "") of a kind."""
    if f"left_{kind}" in MEASURES:
        return ((f"left_{kind}", "left"), (f"right_{kind}", "right"))
    return ((kind, ""),)


def number(value: float, of: str) -> str:
    """Return a value of a measure without its unit; a dash for what was not seen."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.2f}" if unit(of) == METRES else f"{value:.0f}"


def _kinds(analysis: Analysis) -> Row:
    found: dict[str, float] = {}
    for kind in (*PAIRED_ANGLES, *MIDLINE_ANGLES, "hip_height"):
        if kind.endswith(_UNCLEAR):
            continue
        spans = [statistics(analysis.series.time_s, analysis.series.values[name]) for name, _ in sides(kind)]
        widest = max((s.range for s in spans if s.n_seen > 0.2 * s.n), default=0.0)
        least = _LEAST_RANGE[unit(sides(kind)[0][0])]
        if widest >= least:
            found[kind] = widest / least
    chosen = sorted(found, key=lambda kind: -found[kind])[:_MOST_KINDS]
    cycles = analysis.cycles
    if cycles is not None:
        own = cycles.measure.removeprefix("left_").removeprefix("right_")
        chosen = [own, *(kind for kind in chosen if kind != own)][:_MOST_KINDS]
    return tuple(chosen)


def _title(motion: PreparedMotion) -> str:
    take = motion.sequence.meta.get("take")
    subject = take.get("subject", {}) if isinstance(take, dict) else {}
    name = str(subject.get("name", "")) if isinstance(subject, dict) else ""
    return name or str(motion.sequence.meta.get("source", "")) or "A recording"


def _facts(motion: PreparedMotion, analysis: Analysis) -> list[tuple[str, str]]:
    sequence, cycles = motion.sequence, analysis.cycles
    facts = [("Film", str(sequence.meta.get("source", "–")))]
    if len(sequence):
        begin, end = float(sequence.time_s[0]), float(sequence.time_s[-1])
        facts.append(("Length", f"{end - begin:.1f} s, {len(sequence)} frames, {motion.rate_hz:.3g} a second"))
    facts.append(("Person seen in", f"{int(sequence.is_found.sum())} of {len(sequence)} frames"))
    if motion.choices.height_m:
        facts.append(("Height", f"{motion.choices.height_m:.2f} m"))
    if cycles is None:
        facts.append(("Repetitions", "none found"))
        return facts
    n_cut = len(cycles) - len(cycles.whole)
    cut = f", {n_cut} of them cut off" if n_cut else ""
    how = "corrected by hand" if cycles.by_hand else f"found in {title(cycles.measure).lower()}"
    facts.append(("Repetitions", f"{len(cycles)}{cut} ({how})"))
    lengths = np.array([cycle.duration_s for cycle in cycles.whole])
    if len(lengths) > 1:
        facts.append(("One takes", f"{lengths.mean():.2f} ± {lengths.std(ddof=1):.2f} s (mean ± SD)"))
    return facts


def _ranges(analysis: Analysis, kinds: Row) -> Table:
    rows = []
    for kind in kinds:
        cells = []
        for name, _ in sides(kind):
            found = statistics(analysis.series.time_s, analysis.series.values[name])
            known = f"{100 * found.n_seen / max(found.n, 1):.0f} %"
            cells.append((number(found.low, name), number(found.high, name), number(found.range, name), known))
        left, right = cells if len(cells) == 2 else (cells[0], ("", "", "", ""))
        rows.append((f"{title(kind)}, {unit(sides(kind)[0][0])}", *left, *right))
    header = ("", "left\nmin", "max", "range", "seen", "right\nmin", "max", "range", "seen")
    return Table(header, tuple(rows), "Measures of the middle of the body stand on the left.")


def _cycle_table(analysis: Analysis, kinds: Row) -> Table | None:
    cycles = analysis.cycles
    if cycles is None:
        return None
    names = [name for kind in kinds[:3] for name, _ in sides(kind)]
    ranges = (f"{_stacked(k)}\n{f'{side}, ' if side else ''}{unit(n)}" for k in kinds[:3] for n, side in sides(k))
    header = ("", "from, s", "to, s", "length, s", *ranges)
    rows: list[Row] = []
    table: list[list[float]] = []
    for i, cycle in enumerate(cycles.cycles, start=1):
        inside = analysis.series.between(cycle.start_s, cycle.end_s)
        values = [statistics(inside.time_s, inside.values[name]).range for name in names]
        if cycle.is_whole:
            table.append([cycle.duration_s, *values])
        mark = "" if cycle.is_whole else " (cut off)"
        cells = (number(value, name) for value, name in zip(values, names, strict=True))
        rows.append((f"{i}{mark}", f"{cycle.start_s:.2f}", f"{cycle.end_s:.2f}", f"{cycle.duration_s:.2f}", *cells))
    if len(table) > 1:
        columns = np.array(table).T
        for word, of in (("mean", np.mean), ("SD", lambda x: np.std(x, ddof=1))):
            means = [number(float(of(c)), n) for c, n in zip(columns[1:], names, strict=True)]
            rows.append((word, "", "", f"{float(of(columns[0])):.2f}", *means))
    return Table(header, tuple(rows), "Angles and positions: how far they go. Mean and SD are of whole repetitions.")


def _stacked(kind: str) -> str:
    return title(kind).replace(" ", "\n")


def _made(motion: PreparedMotion) -> list[tuple[str, str]]:
    meta: dict[str, Any] = motion.sequence.meta
    settings = meta.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    refiners = settings.get("refiners")
    names = [str(r.get("name")) for r in refiners.values() if isinstance(r, dict)] if isinstance(refiners, dict) else []
    is_refined = settings.get("learned_depth_refinement", True)
    made = [
        ("Poses", f"MediaPipe Pose {meta.get('mediapipe_version', '')}, looks: {settings.get('looks', 'not said')}"),
        ("Depth corrected by", ", ".join(dict.fromkeys(names)) or "not said" if is_refined else "nothing: MediaPipe's"),
        ("Smoothing", str(motion.choices.filter or "none")),
        ("Angles", "named and signed in the manner of the ISB (Wu et al. 2002, 2005)"),
        ("Program", f"Neural Depth Refinement {meta.get('program_version', '')}"),
    ]
    if fingerprint := str(meta.get("source_fingerprint", "")):
        made.append(("Film's fingerprint", fingerprint[:16]))
    return made
