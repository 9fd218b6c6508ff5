import dataclasses

import numpy as np
import pytest

from core.errors import DataError
from core.pose.types import LookLandmarks
from core.sequence.pose_sequence import SequenceBuilder
from core.take.recording.journal import JournalWriter, read_journal
from tests.faults.conftest import full_disk

META = {"source": "camera 0", "note": "größer"}


def write(path, packets):
    with JournalWriter(path, META) as journal:
        for i, packet in enumerate(packets):
            journal.add(packet, 2 * i)
    return path


def test_a_journal_holds_what_a_sequence_holds(tmp_path, packets):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    journal = read_journal(write(tmp_path / "a", packets))
    assert journal.sequence(len(packets), {}).equals(builder.build(META))
    assert journal.n_left_out.tolist() == [2 * i for i in range(len(packets))]
    assert journal.sequence(3, {"more": 1}).meta == {**META, "more": 1}
    assert len(journal.sequence(3, {})) == 3


def test_a_journal_keeps_what_each_look_saw(tmp_path, packets):
    rng = np.random.default_rng(0)

    def seen(packet, names=("full", "full-mirrored")):
        arrays = [rng.normal(size=(2, 33, 2)), rng.normal(size=(2, 33, 3)), rng.random((2, 33))]
        looks = LookLandmarks(names, *arrays)
        return dataclasses.replace(packet, detection=dataclasses.replace(packet.detection, looks=looks))

    seeing, builder, meta = [seen(packet) for packet in packets], SequenceBuilder(), {"looks": "full,full-mirrored"}
    with JournalWriter(tmp_path / "a", meta) as journal:
        for packet in seeing:
            builder.append(packet)
            journal.add(packet, 0)
    expected = builder.build(meta)
    assert expected.looks is not None
    assert read_journal(tmp_path / "a").sequence(len(packets), {}).equals(expected)
    with JournalWriter(tmp_path / "b", meta) as journal:
        journal.add(packets[0], 0)  # of one look: not what was promised, but no reason to break off
        journal.add(seen(packets[1], ("lite", "heavy")), 0)
    assert np.isnan(read_journal(tmp_path / "b").looks.landmarks_m).all()
    assert read_journal(write(tmp_path / "c", packets)).looks is None
    with JournalWriter(tmp_path / "d", {"looks": "full"}) as journal:
        journal.add(packets[0], 0)
    assert read_journal(tmp_path / "d").looks is None


def test_a_journal_that_was_cut_anywhere_holds_its_whole_records(tmp_path, packets):
    path = write(tmp_path / "a", packets[:4])
    content = path.read_bytes()
    header = len(write(tmp_path / "b", []).read_bytes())
    size = (len(content) - header) // 4
    for length in range(header, len(content) + 1, 97):
        path.write_bytes(content[:length])
        assert len(read_journal(path)) == (length - header) // size
    for length in (0, 1, header - 1):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match="is not the journal of a recording"):
            read_journal(path)


@pytest.mark.parametrize("record", range(4))
def test_what_comes_after_an_altered_byte_is_not_believed(tmp_path, packets, record):
    path = write(tmp_path / "a", packets[:4])
    content = bytearray(path.read_bytes())
    header = len(write(tmp_path / "b", []).read_bytes())
    size = (len(content) - header) // 4
    for at in np.random.default_rng(0).integers(0, size, 20):
        altered = bytearray(content)
        altered[header + record * size + at] ^= 0x10
        path.write_bytes(altered)
        assert len(read_journal(path)) == record


def test_a_time_that_does_not_go_on_ends_the_journal(tmp_path, packets):
    path = write(tmp_path / "a", [packets[0], packets[1], packets[0]])
    assert len(read_journal(path)) == 2


def test_a_record_of_which_only_a_part_fits_on_the_disk_is_an_error(tmp_path, packets):
    with JournalWriter(tmp_path / "a", META) as journal, full_disk(400), pytest.raises(OSError, match="large"):
        journal.add(packets[0], 0)
    assert len(read_journal(tmp_path / "a")) == 0
