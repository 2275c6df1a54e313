"""Between the settings and their file.  A disk that can't be written is told once, and trading goes on."""

from __future__ import annotations

from typing import Optional

from tui.screen.model import Model, NoticeKind
from tui.screen.settings import ScreenSettings, apply_settings, from_fields, settings_of, to_fields
from tui.settings_file import SettingsFile


class SavedSettings:
    """What one screen remembers.  Belongs to the main thread."""

    def __init__(self, file: SettingsFile) -> None:
        self._file = file
        self._saved = ScreenSettings()
        self._can_save = True

    def restore(self, model: Model) -> None:
        """Make the model as the file says; what is wrong with the file is said on the screen."""
        try:
            fields, notice = self._file.load()
        except OSError as error:
            self._can_save = False
            model.say(NoticeKind.WARN, f"the settings can't be read: {error}")
            return
        settings, wrong = from_fields(fields)
        apply_settings(model, settings)
        self._saved = settings
        for line in [*([notice] if notice is not None else []), *wrong]:
            model.say(NoticeKind.WARN, line)

    def save(self, model: Model) -> Optional[str]:
        """Write what has changed; returns what to say if that failed.  It waits for the disk."""
        settings = settings_of(model)
        # Only what was changed here: what made no sense in the file stays until the person chooses anew.
        before = to_fields(self._saved)
        changed = {name: value for name, value in to_fields(settings).items() if value != before[name]}
        if not changed or not self._can_save:
            return None
        self._saved = settings
        try:
            self._file.save(changed)
        except OSError as error:
            self._can_save = False
            return f"the settings can't be written: {error}"
        return None
