"""The forms of a report, without what draws them: matplotlib comes when one is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.sources.reading import AS_IT_SAYS, Reading


@dataclass(frozen=True)
class ReportFormat:
    """One form of the report.

    Attributes:
        name: What a user types.
        ending: What follows the recording's name.
        description: For dialogs.
    """

    name: str
    ending: str
    description: str

    def save(
        self,
        sequence: PoseSequence,
        path: Path,
        choices: ExportChoices,
        video: Path | None = None,
        reading: Reading = AS_IT_SAYS,
    ) -> dict[str, Any]:
        """Write the report atomically; return how it was made.

        Args:
            sequence: The poses.
            path: The file.
            choices: As for the tables of angles.
            video: Where its pictures are; None leaves them out.
            reading: How the video is read.

        Raises:
            OutputError: The file cannot be written.
            DataError: The choices cannot be applied to this sequence.
        """
        from core.exporters.pictures.take_report.writing import write_report

        return write_report(self.name, sequence, path, choices, video, reading)


REPORTS: Final = {
    report.name: report
    for report in (
        ReportFormat("pdf", "_report.pdf", "Report to hand over"),
        ReportFormat("html", "_report.html", "Report for a browser"),
    )
}
