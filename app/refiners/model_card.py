"""A refiner's card in a few lines of rich text."""

import html
from typing import Any, Final

from app.language import fill, tr
from app.refiners.library import Model

_FIGURES: Final = (("depth_mm", "depth", "mm"), ("mpjpe_mm", "MPJPE", "mm"), ("pa_mpjpe_mm", "PA-MPJPE", "mm"))


def card_text(model: Model) -> str:
    """Return what the card says: data, licences, and each measurement, raw beside refined."""
    table = model.card.table
    about = table.get("model", {})
    training = table.get("training", {})
    lines = [f"<b>{_safe(model.card.name)}</b>"]
    size = (
        tr("{parameters:,} parameters, ", parameters=about["parameters"])
        if isinstance(about.get("parameters"), int)
        else ""
    )
    lines.append(
        tr(
            "{size}MediaPipe {pose_variant}, {running_mode} mode",
            size=size,
            pose_variant=_safe(model.card.pose_variant),
            running_mode=_safe(model.card.running_mode),
        )
    )
    if model.n_pairs:
        lines.append(
            tr(
                "{n_pairs:,} pairs, {n_epochs} epochs",
                n_pairs=model.n_pairs,
                n_epochs=_safe(training.get("n_epochs", "?")),
            )
        )
    licences = dict.fromkeys(str(d.get("licence", "")) for d in _sources(training) if isinstance(d, dict))
    if licences:
        lines.append("<br><b>Data</b>")
        lines += [f"{_safe(licence)}" for licence in licences if licence]
    for name, measured in table.get("metrics", {}).items():
        rows = _rows(measured)
        if rows:
            lines.append(f"<br><b>{_safe(name.replace('_', ' '))}</b>")
            lines += rows
    lines.append(f"<br><small>sha256 {_safe(model.card.sha256[:16])}…</small>")
    return "<br>".join(lines)


def _sources(training: Any) -> list[Any]:
    """Return what a refiner was trained on, and the refiners before it that it went on from."""
    if not isinstance(training, dict):
        return []
    return [*training.get("data", []), *_sources(training.get("started_from"))]


def _rows(measured: Any) -> list[str]:
    """Return one line per figure: `depth 83.8 → 62.4 mm`."""
    if not isinstance(measured, dict):
        return []
    if isinstance(measured.get("refined"), dict) and isinstance(measured.get("raw"), dict):
        raw, refined = measured["raw"], measured["refined"]
    else:  # the validation of the training run has both in one table
        raw, refined = {key: measured.get(f"raw_{key}") for key, _, _ in _FIGURES}, measured
    return [
        fill("{} {:.1f} → {:.1f} {}", label, raw[key], refined[key], unit)
        for key, label, unit in _FIGURES
        if isinstance(raw.get(key), float) and isinstance(refined.get(key), float)
    ]


def _safe(text: Any) -> str:
    return html.escape(str(text))
