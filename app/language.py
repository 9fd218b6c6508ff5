"""The language of the window: English in the code, others from the catalogues in `app/translations`.

Numbers go with the words: `QLocale()` decides for spin boxes and for what is painted. What comes from the command line
and its errors stays English, as do logs and files.
"""

import string
from numbers import Number
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from core.system.files.names import shown

CATALOGUES: Final = Path(__file__).parent / "translations"


def tr(text: str, **values: object) -> str:
    """Return a text in the language of the user, its {names} filled in.

    `pyside6-lupdate` finds it by this name; the text must be a literal. Call it when the text is shown: at import no
    catalogue is loaded yet.
    """
    found = QCoreApplication.translate("", text)
    return fill(found, **values) if values else found


def fill(template: str, *values: object, **named: object) -> str:
    """Return what `str.format` does, with decimal points and separators of thousands as the language writes them."""
    return _FORMATTER.vformat(template, values, named)


def number_text(text: str) -> str:
    """Return a number that Python wrote ("1,234.5") as the language writes it."""
    locale = QLocale()
    return text.translate({ord("."): locale.decimalPoint(), ord(","): locale.groupSeparator()})


class _Formatter(string.Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        """Format one value: a number as the language writes it; of text, names of files among it, what can be shown."""
        text = str(super().format_field(value, format_spec))
        return number_text(text) if isinstance(value, Number) else "\n".join(map(shown, text.split("\n")))


_FORMATTER: Final = _Formatter()


def install_language(app: QCoreApplication, locale: QLocale | None = None) -> bool:
    """Load the catalogues of a language, that of the system if none is given; return whether there is one.

    Without one the window is English, its numbers too.
    """
    wanted = locale or QLocale.system()
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    is_found = _install(app, wanted, "window", str(CATALOGUES))
    if is_found:  # else Qt's own words, such as names of keys, would be the only ones in that language
        _install(app, wanted, "qtbase", qt_folder)
    QLocale.setDefault(wanted if is_found else QLocale(QLocale.Language.English))
    return is_found


def _install(app: QCoreApplication, locale: QLocale, name: str, folder: str) -> bool:
    translator = QTranslator(app)
    return translator.load(locale, name, "_", folder) and app.installTranslator(translator)
