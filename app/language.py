"""The language of the window: English in the code, others from the catalogues in `app/translations`.

What comes from the command line and its errors stays English, as do logs.
"""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

CATALOGUES: Final = Path(__file__).parent / "translations"


def tr(text: str, **values: object) -> str:
    """Return a text in the language of the user, its {names} filled in.

    `pyside6-lupdate` finds it by this name; the text must be a literal. Call it when the text is shown: at import no
    catalogue is loaded yet.
    """
    found = QCoreApplication.translate("", text)
    return found.format(**values) if values else found


def install_language(app: QCoreApplication, locale: QLocale | None = None) -> bool:
    """Load the catalogues of a language, that of the system if none is given; return whether there is one."""
    wanted = locale or QLocale.system()
    is_found = False
    for name, folder in (
        ("window", str(CATALOGUES)),
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),  # Cancel, Open and the like
    ):
        translator = QTranslator(app)
        if translator.load(wanted, name, "_", folder):
            app.installTranslator(translator)
            is_found |= name == "window"
    return is_found
