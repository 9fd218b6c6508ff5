"""Colours of the window, chosen by whether the palette is dark or light.

Left is blue and right is orange everywhere (Okabe and Ito's set, safe for colour-blind eyes); raw is grey and
refined is bluish green.
"""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

SCHEMES: Final = ("system", "light", "dark")


@dataclass(frozen=True)
class Theme:
    """Named colours as #rrggbb.

    Attributes:
        window: Behind everything.
        panel: Cards and plots.
        well: Behind the video.
        border: Card outlines and plot grids.
        text: Ordinary writing.
        muted: Captions and axes.
        left: Bones on the subject's left.
        right: Bones on the subject's right.
        middle: Bones that join both sides.
        raw: What MediaPipe said.
        refined: What the refiner made of it.
        truth: What is known to be so.
        warning: Banner of an error.
        notice: Banner of a piece of news.
    """

    window: str
    panel: str
    well: str
    border: str
    text: str
    muted: str
    left: str
    right: str
    middle: str
    raw: str
    refined: str
    truth: str
    warning: str
    notice: str


DARK: Final = Theme(
    window="#16191d", panel="#1e2227", well="#0e1012", border="#333a42", text="#e8eaed", muted="#99a2ad",
    left="#56b4e9", right="#f0a030", middle="#d5d9de", raw="#8b939d", refined="#35c9a5", truth="#f5e663",
    warning="#6b2d22", notice="#1f4a43",
)  # fmt: skip
LIGHT: Final = Theme(
    window="#eef0f3", panel="#ffffff", well="#23272c", border="#d4d9df", text="#1d2126", muted="#5f6873",
    left="#0072b2", right="#d9650a", middle="#4a525b", raw="#8f98a3", refined="#008f68", truth="#a67c00",
    warning="#fbdcd4", notice="#d5efe7",
)  # fmt: skip


def theme_of(palette: QPalette) -> Theme:
    """Return the colours that go with a palette."""
    is_dark = palette.color(QPalette.ColorRole.Window).lightness() < 128
    return DARK if is_dark else LIGHT


def apply_scheme(app: QApplication, scheme: str) -> None:
    """Give the application the palette of a scheme: light, dark or what the system prefers."""
    system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    theme = DARK if scheme == "dark" or (scheme == "system" and system_is_dark) else LIGHT
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(_palette(theme))
    app.setStyleSheet(_style_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    colours = {
        role.Window: theme.window, role.Base: theme.panel, role.AlternateBase: theme.window,
        role.Button: theme.panel, role.ToolTipBase: theme.panel,
        role.WindowText: theme.text, role.Text: theme.text, role.ButtonText: theme.text, role.ToolTipText: theme.text,
        role.BrightText: theme.text, role.PlaceholderText: theme.muted, role.Mid: theme.border,
        role.Highlight: theme.refined, role.HighlightedText: "#000000" if theme is DARK else "#ffffff",
        role.Link: theme.left, role.Accent: theme.refined,
    }  # fmt: skip
    for each, colour in colours.items():
        palette.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(theme.muted)
        faded.setAlpha(120)
        palette.setColor(QPalette.ColorGroup.Disabled, each, faded)
    return palette


def _style_sheet(theme: Theme) -> str:
    return f"""
        QFrame#panel {{ background: {theme.panel}; border: 1px solid {theme.border}; border-radius: 6px; }}
        QFrame#panel QLabel {{ background: transparent; border: none; }}
        QWidget#card {{ background: {theme.panel}; border: 1px solid {theme.border}; border-top: none;
            border-bottom-left-radius: 6px; border-bottom-right-radius: 6px; }}
        QWidget#header {{ background: {theme.panel}; border: 1px solid {theme.border}; border-bottom: none;
            border-top-left-radius: 6px; border-top-right-radius: 6px; }}
        QFrame#panel QWidget#header {{ border: none; }}
        QWidget#header QLabel {{ background: transparent; border: none; }}
        QToolButton#dock_close {{ padding: 0px 4px; color: {theme.muted}; border: none; }}
        QToolButton#small {{ padding: 0px 5px; color: {theme.muted}; border: none; }}
        QToolButton#small:checked {{ color: {theme.text}; border: 1px solid {theme.refined}; }}
        QToolButton#dock_close:hover, QToolButton#small:hover {{ color: {theme.text}; background: {theme.border}; }}
        QLabel#section {{ font-weight: 600; padding-top: 6px; }}
        QLabel#recording {{ color: #ffffff; background: #b3261e; border-radius: 4px; padding: 1px 8px; }}
        QFrame#tour {{ background: {theme.panel}; border: 2px solid {theme.refined}; border-radius: 8px; }}
        QMainWindow::separator {{ background: transparent; width: 6px; height: 6px; }}
        QScrollArea, QWidget#clear {{ background: transparent; }}
        QTreeWidget {{ border: none; background: {theme.panel}; }}
        QHeaderView::section {{ background: {theme.panel}; color: {theme.muted}; border: none; padding: 2px 4px; }}
        QTabBar::tab {{ background: transparent; color: {theme.muted}; padding: 3px 12px; border: none;
            border-bottom: 2px solid transparent; }}
        QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.refined}; }}
        QLabel#caption {{ color: {theme.muted}; }}
        QLabel#value {{ font-size: 11pt; font-weight: 600; }}
        QFrame#warning {{ background: {theme.warning}; border-radius: 6px; }}
        QFrame#notice {{ background: {theme.notice}; border-radius: 6px; }}
        QToolBar {{ background: {theme.window}; border: none; spacing: 4px; padding: 4px 8px; }}
        QToolButton {{ padding: 4px 8px; border-radius: 5px; border: 1px solid transparent; }}
        QToolBar QToolButton {{ padding: 4px 5px; }}
        QToolButton:hover {{ background: {theme.border}; }}
        QToolButton:checked {{ border: 1px solid {theme.refined}; background: {theme.panel}; }}
        QToolBar::separator {{ background: {theme.border}; width: 1px; margin: 5px 5px; }}
        QStatusBar {{ border-top: 1px solid {theme.border}; }}
        QStatusBar::item {{ border: none; }}
        QStatusBar QLabel {{ color: {theme.muted}; padding: 1px 6px; }}
        QSplitter::handle {{ background: transparent; }}
        QLineEdit {{ border: 1px solid {theme.border}; border-radius: 4px; padding: 2px 4px; }}
        QLineEdit:focus {{ border-color: {theme.refined}; }}
        QToolTip {{ color: {theme.text}; background: {theme.panel}; border: 1px solid {theme.border}; padding: 3px; }}
    """
