"""The button over the 3D view that opens what can be shown in it."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from app.language import tr
from app.stage.options import COMPARISONS, SWITCHES, TRAILS, StageOptions, load_options, save_options
from app.stage.skeleton_view import SkeletonView


class StageMenu(QObject):
    """Keeps menu and view the same, and remembers what was chosen.

    Attributes:
        button: Opens it.
        menu: What it opens.
    """

    def __init__(self, view: SkeletonView, save_video: Callable[[], None] | None = None) -> None:
        """Show in `view` what was chosen last; `save_video` is called when a video of the stage is wanted."""
        super().__init__(view)
        self._view = view
        self.button, self.menu = QToolButton(autoRaise=True), QMenu(view)
        self.button.setText(tr("Show"))
        self.button.setToolTip(tr("Choose what the 3D view shows"))
        self.button.setObjectName("small")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self._switches: dict[str, QAction] = {}
        self._comparisons = self._group()
        self.menu.addSeparator()
        for name, text in SWITCHES.items():
            action = self._checkable(self.menu, tr(text))
            action.toggled.connect(lambda is_on, name=name: self._choose(**{name: is_on}))
            self._switches[name] = action
        self._trails = self._trail_menu()
        self.menu.addSeparator()
        fit = self.menu.addAction(tr("Fit the person"))
        fit.triggered.connect(lambda: view.fit())
        fit_all = self.menu.addAction(tr("Fit person and camera"))
        fit_all.triggered.connect(lambda: view.fit(with_camera=True))
        if save_video is not None:
            self.menu.addSeparator()
            self.menu.addAction(tr("Save a video of the stage…")).triggered.connect(save_video)
        view.options_changed.connect(self._show)
        view.set_options(load_options())
        self._show()

    def _group(self) -> dict[str, QAction]:
        group, actions = QActionGroup(self), {}
        for name, text in COMPARISONS.items():
            action = self._checkable(self.menu, tr(text))
            group.addAction(action)
            action.triggered.connect(lambda _=False, name=name: self._choose(comparison=name))
            actions[name] = action
        return actions

    def _trail_menu(self) -> dict[str, QAction]:
        menu, actions = self.menu.addMenu(tr("Trails")), {}
        for name, text in TRAILS.items():
            action = self._checkable(menu, tr(text))
            action.toggled.connect(lambda is_on, name=name: self._apply(self._view.options.with_trail(name, is_on)))
            actions[name] = action
        return actions

    def _checkable(self, menu: QMenu, text: str) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        return action

    def _choose(self, **changes: object) -> None:
        self._apply(replace(self._view.options, **changes))  # type: ignore[arg-type]

    def _apply(self, options: StageOptions) -> None:
        if options != self._view.options:
            self._view.set_options(options)
            save_options(options)

    def _show(self) -> None:
        """Make the menu agree with the view."""
        options = self._view.options
        self._comparisons[options.comparison].setChecked(True)
        for name, action in self._switches.items():
            action.setChecked(getattr(options, name))
        for name, action in self._trails.items():
            action.setChecked(name in options.trails)
