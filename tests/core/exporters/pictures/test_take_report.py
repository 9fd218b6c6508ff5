import base64
import re
from dataclasses import replace

import numpy as np
import pytest

from core.analysis.analysis import Analysis, analyse_motion
from core.analysis.repetitions import find_cycles
from core.errors import OutputError
from core.exporters import EXPORTERS
from core.exporters.pictures.stills import stills
from core.exporters.pictures.take_report.contents import contents, moments
from core.exporters.pictures.take_report.formats import REPORTS
from core.exporters.pictures.take_report.pages import pages
from core.sequence.export_choices import READY_Y_UP, ExportChoices
from core.sequence.pose_sequence import SequenceBuilder
from core.sequence.prepared import prepare
from tests.core.analysis.movements import squats

pytestmark = pytest.mark.render


@pytest.fixture
def sequence(packets):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    return builder.build({"source": "clip <b>.mp4", "take": {"subject": {"name": "A. & B."}}})


@pytest.fixture
def said(sequence):
    """What a report says of four squats; the person's joints are somebody else's."""
    series = squats(duration_s=11.35)
    return contents(prepare(sequence, READY_Y_UP), Analysis(series, find_cycles(series)))


def test_repetitions_are_counted_and_only_whole_ones_are_averaged(said):
    facts = dict(said.facts)
    assert facts["Repetitions"].startswith("4, 1 of them cut off")
    assert facts["One takes"].startswith("1.")
    assert said.kinds[0] in ("hip_flexion", "knee_flexion")
    assert [row[0] for row in said.cycles.rows] == ["1", "2", "3", "4 (cut off)", "mean", "SD"]
    whole = [float(row[3]) for row in said.cycles.rows[:3]]
    assert float(said.cycles.rows[4][3]) == pytest.approx(np.mean(whole), abs=0.006)
    start, half, top = said.moments_s
    cycle = said.analysis.cycles.whole[1]
    assert start == cycle.start_s < half < top < cycle.end_s
    assert top == pytest.approx(5.0, abs=0.35)


def test_pages_are_drawn_of_all_that_is_known(said):
    headings = [page.texts[0].get_text() for page in pages(said)]
    assert headings == ["A. & B.", "Over time", "One repetition, mean ± SD", "In numbers, and how it was made"]


def test_many_repetitions_have_pages_of_their_own(said):
    rows = tuple((str(i), *said.cycles.rows[0][1:]) for i in range(50))
    many = replace(said, cycles=replace(said.cycles, rows=rows))
    assert [page.texts[0].get_text() for page in pages(many)].count("Repetitions") == 2


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_one_whole_file_also_without_repetitions(name, sequence, tmp_path):
    path = tmp_path / f"a.{name}"
    facts = REPORTS[name].save(sequence, path, ExportChoices())
    assert facts["coordinates"] == "upright"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes()[:5] == {"pdf": b"%PDF-", "html": b"<!DOC"}[name]
    with pytest.raises(OutputError):
        REPORTS[name].save(sequence, path / "a", ExportChoices())  # a file is no folder


def test_html_needs_nothing_else_and_escapes_names(sequence, tmp_path):
    REPORTS["html"].save(sequence, tmp_path / "a.html", ExportChoices())
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "clip &lt;b&gt;.mp4" in text
    assert "A. &amp; B." in text
    assert "none found" in text
    assert "<script" not in text
    assert all(link.startswith("data:") for link in re.findall(r'(?:src|href)="([^"]*)"', text))
    assert b"<svg" in base64.b64decode(re.search(r"svg\+xml;base64,([^\"]*)", text)[1])


def test_nobody_and_nothing_have_a_report_too(packets, tmp_path):
    for i, chosen in enumerate((packets[2:3], packets[:1])):
        builder = SequenceBuilder()
        builder.append(chosen[0])
        REPORTS["pdf"].save(builder.build({}), tmp_path / f"{i}.pdf", ExportChoices())
    empty = SequenceBuilder().build({})
    REPORTS["html"].save(empty, tmp_path / "e.html", ExportChoices())


def test_pictures_are_of_the_moments_and_a_lost_video_leaves_them_out(sequence, make_video, tmp_path):
    video = make_video(n=10)
    found = stills(sequence, video, (0.0, float(sequence.time_s[-1])))
    assert [still.time_s for still in found] == [sequence.time_s[0], sequence.time_s[-1]]
    assert stills(sequence, tmp_path / "gone.mp4", (0.0,)) == []
    assert stills(sequence, None, (0.0,)) == []
    motion = EXPORTERS["angles"].prepare(sequence, READY_Y_UP)
    assert len(moments(motion, analyse_motion(motion))) == 3
