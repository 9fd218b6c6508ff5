"""The library: how to begin, and the takes that there are."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QColor, QDesktopServices, QKeySequence, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.library.take_cards import CardDelegate, TakeModel
from app.session.session import Session
from app.theme import theme_of
from app.widgets.made import made
from core.errors import NdrError
from core.system.files.names import shown
from core.take.listing import Listed, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.take.store import TakeFolder

HINT: Final = (
    "Drop a video here, or open a file or a camera. One person, one camera, no calibration:\n"
    "MediaPipe's 3D joints are corrected as they come, and you see from where the camera looks."
)


class StartPage(QWidget):
    """Says what to do, with a button for each way to begin, above the takes that were opened before.

    Signals:
        wanted(Path): The video of a take is to be opened.
        said(str, str, object): What has happened, what a button offers ("" for nothing) and what that does.
        failed(str): Something cannot be done; one sentence.
    """

    wanted = Signal(object)
    said = Signal(str, str, object)
    failed = Signal(str)

    def __init__(self, actions: list[QAction], session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._all = session, list[Listed]()
        self._deleted: list[tuple[TakeFolder, str]] = []
        title = QLabel(tr("See a person's pose in true depth"))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setBold(True)
        title.setFont(font)
        hint = made(QLabel, tr(HINT), objectName="caption", alignment=Qt.AlignmentFlag.AlignCenter)
        self.search = made(QLineEdit, placeholderText=tr("Search takes"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search takes"))
        self.search.setFixedWidth(360)
        self.search.textChanged.connect(self._filter)
        self.model = TakeModel(self)
        self.model.renamed.connect(self._rename)
        self.cards = self._create_cards()
        self.nothing = made(QLabel, objectName="caption", alignment=Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 14, 20, 14)
        layout.setSpacing(14)
        layout.addStretch(2)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(hint)
        layout.addLayout(self._create_buttons(actions))
        layout.addWidget(self.search, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.nothing)
        layout.addWidget(self.cards, 1000)
        layout.addStretch(3)
        self.reload()

    def reload(self) -> None:
        """Read again what takes there are."""
        store = self._session.takes
        self._all = [] if store is None else listed(store)
        has_any = bool(self._all)
        self.search.setVisible(has_any)
        self.cards.setVisible(has_any)
        self._filter()

    @property
    def chosen(self) -> Listed | None:
        """The take that is selected."""
        index = self.cards.currentIndex()
        return self.model.takes[index.row()] if index.isValid() else None

    def open_chosen(self) -> None:
        """Open the video of the take that is selected."""
        take = self.chosen
        if take is None:
            return
        if take.is_there:
            self.wanted.emit(Path(take.take.source))
        else:
            self.failed.emit(
                tr(
                    "The video of {name} is no longer at {path}; open it where it is now, and its take is found.",
                    name=shown(take.take.name),
                    path=shown(take.take.source),
                )
            )

    def rename_chosen(self) -> None:
        """Type another name for the take that is selected."""
        if self.chosen is not None:
            self.cards.edit(self.cards.currentIndex())

    def delete_chosen(self) -> None:
        """Take the selected take off the list; `undo` brings it back."""
        take, store = self.chosen, self._session.takes
        if take is None or store is None:
            return
        name, opened = shown(take.take.name), self._session.open_take
        if opened is not None and take.place == opened.place:
            self.failed.emit(tr("{name} is open; open another take before it is deleted.", name=name))
            return
        row = self.cards.currentIndex().row()
        try:
            store.delete(take.place)
        except NdrError as error:
            self.failed.emit(str(error))
            return
        self._deleted.append((take.place, name))
        self.reload()
        self._select(min(row, self.model.rowCount() - 1))
        self.said.emit(tr("{name} was deleted; its video stays where it is.", name=name), tr("Undo"), self.undo)

    def undo(self) -> None:
        """Bring back the take that was deleted last."""
        store = self._session.takes
        if not self._deleted or store is None:
            return
        place, name = self._deleted.pop()
        try:
            store.restore(place)
        except NdrError as error:
            self.failed.emit(str(error))
            return
        self.reload()
        self._select(next((row for row, one in enumerate(self.model.takes) if one.place.name == place.name), -1))
        self.said.emit(tr("{name} is back.", name=name), "", None)

    def open_folder(self) -> None:
        """Show the folder of the selected take's video."""
        if self.chosen is not None and self.chosen.take.source:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.chosen.take.source).parent)))

    def showEvent(self, event: QShowEvent) -> None:
        """It may have changed while it was not seen."""
        super().showEvent(event)
        self.reload()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the outline of a place to drop things on."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme_of(self.palette()).border), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(8, 8, -8, -8), 12, 12)

    def _create_buttons(self, actions: list[QAction]) -> QHBoxLayout:
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        for action in actions:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            button = QPushButton(action.icon(), f" {action.text()}" + (f"   {keys}" if keys else ""))
            button.setMinimumHeight(38)
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
        buttons.addStretch(1)
        return buttons

    def _create_cards(self) -> QListView:
        cards = made(QListView, objectName="clear")
        cards.setAccessibleName(tr("Takes"))
        cards.setModel(self.model)
        cards.setItemDelegate(CardDelegate(cards))
        cards.setViewMode(QListView.ViewMode.IconMode)
        cards.setResizeMode(QListView.ResizeMode.Adjust)
        cards.setMovement(QListView.Movement.Static)
        cards.setUniformItemSizes(True)
        cards.setFrameShape(QListView.Shape.NoFrame)
        cards.setStyleSheet("QListView { background: transparent; }")
        cards.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        cards.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        cards.activated.connect(lambda _: self.open_chosen())  # Enter, or a double click
        cards.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        cards.customContextMenuRequested.connect(self._show_menu)
        keys_of = {QKeySequence.StandardKey.Delete: self.delete_chosen, QKeySequence.StandardKey.Undo: self.undo}
        for keys, act in keys_of.items():
            action = QAction(cards)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(act)
            cards.addAction(action)
        return cards

    def menu(self) -> QMenu:
        """Return what can be done with the selected take."""
        menu = QMenu(self)
        entries: tuple[tuple[str, Callable[[], None]], ...] = (
            (tr("Open"), self.open_chosen),
            (tr("Rename"), self.rename_chosen),
            (tr("Show its folder"), self.open_folder),
            (tr("Delete"), self.delete_chosen),
        )
        for text, act in entries:
            menu.addAction(text, act)
        return menu

    def _show_menu(self, point: QPoint) -> None:
        if self.cards.indexAt(point).isValid():
            self.menu().popup(self.cards.viewport().mapToGlobal(point))

    def _filter(self) -> None:
        text = self.search.text()
        found = [one for one in self._all if one.matches(text)]
        self.model.show(found)
        self.nothing.setText(tr("No take has {words} in its name, subject, notes or folder.", words=text))
        self.nothing.setVisible(bool(self._all) and not found)

    def _select(self, row: int) -> None:
        if row >= 0:
            self.cards.selectionModel().setCurrentIndex(
                self.model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def _rename(self, row: int, name: str) -> None:
        one, opened = self.model.takes[row], self._session.open_take
        try:
            if opened is not None and opened.place == one.place:
                opened.change(name=name)
                opened.save()
            else:
                one.place.save(replace(one.place.load(), name=name))
        except NdrError as error:
            self.failed.emit(str(error))
        self.reload()
        self._select(row)
