"""The panel of choices, put together with the session."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.language import tr
from app.session.choices import Choices, save_choices
from app.session.session import Session
from app.take.person import PersonModel
from app.take.processing_panel import ProcessingPanel
from app.widgets.dock import ViewDock
from core.errors import ModelError
from core.refinement.card import ModelCard
from core.refinement.refiner_files import refiner_path
from core.settings import Settings


class ProcessingController(QObject):
    """Carries out what is chosen in the panel, and keeps the panel true.

    Attributes:
        dock: To be docked in the window.
        panel: In it.
    """

    def __init__(self, session: Session, person: PersonModel, window: QMainWindow) -> None:
        super().__init__(window)
        self._session, self._person = session, person
        self._card: tuple[str, ModelCard | None] = ("", None)
        self.panel = ProcessingPanel()
        self.dock = ViewDock("processing", tr("Processing"), self.panel, window)
        self.panel.refinement_chosen.connect(session.set_refinement)
        self.panel.quality_chosen.connect(session.use_quality)
        self.panel.choices_changed.connect(self._choose)
        session.changed.connect(self.update)
        self.update()

    def update(self) -> None:
        """Make the panel agree with the session."""
        session = self._session
        card = self._load_card()
        self.panel.show_state(
            session.settings,
            session.choices,
            can_refine=session.can_refine,
            card=card_words(card),
            warning=looks_warning(card, session.settings),
        )

    def show_person(self) -> None:
        """Show what is learned while it plays; now and then is enough."""
        person = self._person
        seen = person.seen_height_m
        words = (
            "" if seen != seen else tr("looks {seen:.2f} m tall; lengths × {scale:.2f}", seen=seen, scale=person.scale)
        )
        self.panel.show_person(words, person.trouble or person.distance_text)

    def _choose(self, choices: Choices) -> None:
        save_choices(choices)
        self._session.set_choices(choices)

    def _load_card(self) -> ModelCard | None:
        path = self._session.settings.refiner
        if self._card[0] != path:
            try:
                self._card = (path, ModelCard.load(Path(path).with_suffix(".toml")))
            except ModelError:
                self._card = (path, None)
        return self._card[1]


def card_words(card: ModelCard | None) -> str:
    """Return a model's name, what it learned from, and its depth error where it was measured."""
    if card is None:
        return tr("No refiner: you see MediaPipe's own joints.")
    lines = [card.name]
    n_pairs = card.table.get("training", {}).get("n_pairs")
    if isinstance(n_pairs, int):
        lines.append(tr("learned from {n_pairs:,} pairs", n_pairs=n_pairs))
    for name, measured in card.table.get("metrics", {}).items():
        raw, refined = _depth(measured, "raw"), _depth(measured, "refined")
        if raw is not None and refined is not None:
            lines.append(
                tr(
                    "{replace}: depth error {raw:.0f} → {refined:.0f} mm",
                    replace=name.replace("_", " "),
                    raw=raw,
                    refined=refined,
                )
            )
    return "\n".join(lines)


def looks_warning(card: ModelCard | None, settings: Settings) -> str:
    """Return what to say when a refiner meets nothing but pose models that it did not learn from."""
    variants = {look.variant for look in settings.chosen_looks or ()}
    known = {v for v in variants if refiner_path(Path(settings.refiner), v) != Path(settings.refiner)}
    if card is None or not variants or known or variants & set(card.pose_variants):
        return ""
    return tr(
        "This model learned the errors of '{pose_variant}': expect worse depth with '{variant}'.",
        pose_variant=card.pose_variant,
        variant=", ".join(sorted(variants)),
    )


def _depth(measured: object, side: str) -> float | None:
    value = measured.get(side) if isinstance(measured, dict) else None
    depth = value.get("depth_mm") if isinstance(value, dict) else None
    return float(depth) if isinstance(depth, (int, float)) else None
