"""What can go wrong, what then happens, and the tests that show it: the source of docs/faults.md.

`python -m tests.faults.table` runs every test of the table and writes docs/faults.md with what came out.
"""

import ast
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

from core.system.files.program import ROOT
from tests.faults.rows import READ, Row

PAGE = ROOT / "docs" / "faults.md"

SOURCES, LIVE, VIDEOS = "tests/core/test_sources.py", "tests/faults/test_live_sources.py", "tests/faults/test_videos.py"
KILLED, RECORDING = (f"tests/faults/killed/test_{name}.py" for name in ("killed", "killed_recording"))
WRITERS, DAMAGED, DRAFTS = (f"tests/faults/test_{name}.py" for name in ("writers", "damaged", "draft_locks"))
UNSEEN = "tests/core/exporters/test_unseen.py"
NETWORK = "tests/faults/test_network.py"
NUMBERS, MACHINE, INSTANCES = (f"tests/faults/test_{name}.py" for name in ("numbers", "machine", "instances"))
PROCESSOR, PLAN = "tests/core/process/test_processor.py", "tests/core/process/test_plan.py"
NAMES, INPUTS = "tests/core/system/files/test_names.py", "tests/core/process/test_inputs.py"
FUZZ = "tests/fuzz"


GROUPS: dict[str, tuple[Row, ...]] = {
    "Cameras and streams": (
        Row("camera unplugged", "the loop ends with a sentence, what was recorded stays",
            (f"{SOURCES}::test_a_camera_gives_rgb_and_tells_when_it_is_unplugged",
             "tests/core/live/test_loop.py::test_a_lost_source_is_a_sentence_and_ends_both_threads",
             "tests/app/session/test_session.py::test_a_camera_that_breaks_off_is_said_once_and_comes_back_by_itself")),
        Row("camera plugged in again, IP camera restarted", "it comes back by itself; the same number opens again",
            ("tests/app/test_ip_camera.py::test_a_killed_camera_is_noticed_and_comes_back_by_itself",
             "tests/app/test_ip_camera.py::test_closing_while_it_is_lost_leaves_nothing",
             f"{LIVE}::test_a_camera_that_was_unplugged_can_be_opened_again",
             "tests/app/session/test_session.py::"
             "test_what_a_camera_gave_before_it_was_lost_can_still_be_saved_when_it_is_back")),
        Row("no such camera", "refused, with the cameras there are",
            (f"{SOURCES}::test_an_absent_camera_is_refused_quickly_and_quietly",)),
        Row("stream that stalls", "a sentence after 5 s without an image",
            (f"{LIVE}::test_a_stream_that_stalls_is_told_not_waited_for",)),
        Row("address that is dead or silent", "a sentence within seconds",
            (f"{SOURCES}::test_a_dead_address_and_a_silent_server_are_refused",)),
        Row("stream that sends garbage", "the images around it are shown, or a sentence",
            (f"{LIVE}::test_garbage_between_images_ends_in_frames_or_a_sentence",)),
        Row("resolution changes midway, stream or file", "goes on in the new size",
            (f"{LIVE}::test_a_stream_that_changes_its_resolution_goes_on",
             f"{LIVE}::test_a_file_that_changes_its_resolution_goes_on")),
        Row("frames come faster than they can be handled", "newest wins, the dropped are counted",
            ("tests/core/live/test_loop.py::test_a_flood_is_dropped_newest_wins_and_every_frame_accounted_for",)),
        Row("half an hour of unplugging, stalling and nonsense", "nothing recorded is lost, nothing leaks",
            ("tests/soak/test_soak.py::test_a_live_loop_with_random_faults_loses_nothing_it_recorded",
             "tests/soak/test_soak.py::test_a_loss_or_a_leak_would_be_seen")),
        Row("a million frames", "none is lost, memory stays where it was",
            ("tests/soak/test_soak.py::test_many_frames_leave_nothing_behind",)),
    ),
    "Videos": (
        Row("truncated", "what can be read is processed, with a warning that says how much",
            (f"{SOURCES}::test_a_file_that_breaks_off_gives_what_there_is_and_says_so",
             f"{PROCESSOR}::test_a_file_that_breaks_off_is_processed_as_far_as_it_goes")),
        Row("damaged in the middle", "only the damaged frames are missing",
            (f"{SOURCES}::test_damage_in_the_middle_costs_only_the_damaged_part",)),
        Row("zero bytes, text, audio only, cut before its index, a folder", "refused in one sentence",
            (f"{SOURCES}::test_what_is_no_video_is_refused_in_one_sentence",)),
        Row("variable frame rate", "true times are kept",
            (f"{SOURCES}::test_variable_frame_rate_keeps_true_times",)),
        Row("rotated or mirrored by metadata", "shown and detected upright",
            (f"{SOURCES}::test_rotation_metadata_is_honoured", f"{SOURCES}::test_a_mirrored_display_matrix_mirrors")),
        Row("10 bit, odd-sized, one frame", "read like any other",
            (f"{SOURCES}::test_odd_sizes_ten_bit_and_one_frame",)),
        Row("pixels that are not square", "widened", (f"{SOURCES}::test_pixels_that_are_not_square_are_widened",)),
        Row("8K", "read and detected", (f"{VIDEOS}::test_a_video_of_8k_is_read_and_seen",)),
        Row("frames of one pixel", "nobody is seen", (f"{VIDEOS}::test_tiny_frames_show_nobody_and_do_no_harm",)),
        Row("nobody in it", "a sentence, nothing is written; live: gaps",
            (f"{VIDEOS}::test_a_video_of_nobody_gives_packets_of_nobody",
             f"{PROCESSOR}::test_a_video_of_nobody_is_an_error_and_writes_nothing",
             "tests/app/test_plots.py::test_nobody_leaves_a_gap")),
        Row("joints beyond the picture or hidden", "unknown where a format can say so, else held and marked",
            ("tests/core/process/test_upper_body.py::test_legs_below_the_picture_are_in_no_file",
             "tests/core/pose/test_seen.py::"
             "test_what_lies_beyond_the_picture_is_not_seen_however_sure_the_detector_is",
             *(f"{UNSEEN}::{name}" for name in (
                 "test_the_archive_keeps_what_the_network_said_and_a_mask_says_what_was_seen",
                 "test_tables_have_empty_cells",
                 "test_angles_that_need_them_are_unknown_and_others_stay",
                 "test_markers_are_missing_and_those_never_seen_are_left_out",
                 "test_bones_that_nobody_sees_are_held_and_marked",
                 "test_files_that_hold_say_so")),
             "tests/core/live/streaming/test_unseen.py::test_what_is_not_seen_has_no_numbers_and_its_bones_are_held",
             "tests/core/live/streaming/test_unseen.py::test_json_has_null_and_names_what_is_held",
             "tests/app/analysis/test_angles.py::test_an_angle_that_nobody_sees_is_a_grey_dash")),
        Row("several people who cross", "one plausible person at a time",
            (f"{VIDEOS}::test_people_who_cross_are_one_plausible_person_at_a_time",)),
    ),
    **READ,
    "Clocks": (
        Row("the wall clock is set", "nothing happens: times come from a steady clock",
            (f"{LIVE}::test_the_clock_on_the_wall_does_not_matter",)),
        Row("the steady clock jumps or repeats (sleep, drivers)", "times go on increasing",
            (f"{LIVE}::test_a_steady_clock_that_jumps_breaks_nothing",)),
        Row("the computer sleeps for days while it records", "the recording goes on, its video with a gap of an hour",
            ("tests/app/session/test_recording.py::test_a_computer_that_slept_for_days_breaks_no_recording",)),
    ),
    "Disks": (
        Row("disk full, at every writer", "one sentence, the file that was there before is untouched",
            (f"{WRITERS}::test_a_full_disk_is_said_and_leaves_the_old_file_alone",
             f"{WRITERS}::test_what_was_measured_is_printed_before_a_full_disk_refuses_it",
             "tests/models/training/test_trainer.py::test_a_full_disk_is_one_sentence",
             "tests/app/session/test_recording.py::test_a_folder_that_cannot_be_made_and_a_full_disk_are_said",
             "tests/app/session/test_recording.py::test_an_encoder_that_breaks_is_a_sentence_and_keeps_the_poses")),
        Row("permission denied, at every writer", "one sentence, nothing half-written",
            (f"{WRITERS}::test_a_forbidden_folder_is_said",
             f"{PROCESSOR}::test_the_output_folder_is_checked_before_any_work",
             "tests/app/export/test_saving.py::test_a_folder_that_cannot_be_written_is_said")),
        Row("a writer that forgets to be atomic, or is not among those tried", "a test finds it",
            (f"{WRITERS}::test_nothing_writes_past_the_atomic_writer",
             f"{WRITERS}::test_every_writer_is_tried")),
    ),
    "Names of files": (
        Row("brackets, colons, line ends, escape sequences, bytes that are no UTF-8", "every result, under that name",
            (f"{PLAN}::test_a_video_of_any_name_gets_every_file_under_its_name",
             f"{NAMES}::test_a_video_of_any_name_is_read_from_where_it_lies",
             f"{NAMES}::test_a_name_is_shown_on_one_line_without_anything_that_a_terminal_obeys")),
        Row("any bytes at all", "printed, saved and shown anywhere; no two videos share a file",
            (f"{NAMES}::test_any_name_can_be_printed_saved_and_shown_anywhere",
             f"{PLAN}::test_no_two_videos_of_any_name_share_a_file")),
        Row("228 to 255 bytes", "shortened before the work",
            (f"{PLAN}::test_names_as_long_as_a_disk_takes_are_shortened_before_the_work",)),
        Row("a folder called 20240115", "a folder", (f"{NAMES}::test_a_day_is_a_folder_and_a_digit_a_camera",)),
        Row("`--per-file` for a name with brackets, or with a byte order mark", "found",
            (f"{INPUTS}::test_a_file_of_exactly_that_name_is_meant_whatever_its_name_reads_as",
             f"{NAMES}::test_documents_may_begin_with_the_mark_of_some_editors")),
        Row("the name of a folder where a file is meant, or one too long", "a sentence before anything is written",
            ("tests/core/system/files/test_atomic.py::test_a_name_that_cannot_be_is_said_before_the_work",)),
    ),
    "What is there": (
        Row("a file of somebody else has a result's name", "refused before the work, unless `--overwrite`",
            (f"{PLAN}::test_a_file_of_somebody_else_is_never_replaced_unasked",
             f"{PLAN}::test_settings_that_are_none_of_ours_a_link_and_a_folder_are_left_alone",
             f"{PLAN}::test_what_is_read_is_not_written")),
        Row("two videos whose results would be called alike", "told apart",
            (f"{PLAN}::test_videos_whose_results_would_share_a_name_are_told_apart",
             f"{PLAN}::test_two_videos_of_one_name_do_not_stop_a_batch")),
        Row("a later run that is interrupted, or of less of the video", "it lies beside the finished result",
            (f"{PLAN}::test_an_interrupted_run_replaces_neither_a_finished_result_nor_a_longer_beginning",
             f"{PLAN}::test_less_of_a_video_does_not_replace_more_of_it")),
        Row("results of other settings remain", "the settings beside them do not claim them",
            (f"{PLAN}::test_what_other_poses_left_behind_is_known_as_ours_but_not_taken_for_theirs",)),
        Row("the disk is full when the annotated video is drawn", "the poses are kept",
            (f"{PROCESSOR}::test_poses_are_kept_when_the_disk_is_too_full_for_the_video",)),
    ),
    "Killed in the middle": (
        Row("kill -9 in an export", "no half file; the next run completes and clears away",
            (f"{KILLED}::test_an_export_that_is_killed_leaves_nothing_and_the_next_one_is_whole",)),
        Row("kill -9 while a camera is recorded", "the next start makes video and poses of it, in step",
            (*(f"{RECORDING}::{name}" for name in (
                "test_a_recording_that_is_killed_becomes_files_at_the_next_start",
                "test_a_recording_that_is_killed_while_it_is_finished_becomes_files",
                "test_a_recording_that_is_killed_at_once_leaves_nothing_or_its_poses",
                "test_a_damaged_draft_is_a_sentence_and_stays_beside_sound_ones")),
             "tests/app/session/test_recording.py::test_a_recording_that_was_cut_off_becomes_files_when_the_window_opens")),
        Row("kill -9 while pairs are made", "finished clips are kept, the rest is made",
            (f"{KILLED}::test_filming_that_is_killed_goes_on_with_the_clips_that_are_left",)),
        Row("kill -9 in a conversion", "it goes on, and the result is the same to the byte",
            ("tests/models/data/aist/test_aist_convert.py::test_killed_at_any_moment_it_goes_on_and_the_result_is_the_same_to_the_byte",
             "tests/models/data/aist/test_aist_workers.py::test_a_video_whose_process_was_killed_from_outside_is_tried_again",
             "tests/faults/killed/test_killed_conversion.py::test_a_conversion_of_several_cameras_goes_on_to_the_same_files")),
        Row("kill -9 in a training run", "`--resume` goes on after the last epoch",
            (f"{KILLED}::test_a_training_that_is_killed_goes_on_from_its_last_epoch",)),
        Row("kill -9 in a model download", "fetched again",
            (f"{KILLED}::test_a_download_that_is_killed_is_done_again",
             f"{KILLED}::test_an_old_sum_beside_no_model_does_no_harm")),
        Row("Ctrl-C, SIGTERM, a closed terminal", "the poses so far lie beside, named partial; nothing hidden stays",
            ("tests/test_main.py::test_ctrl_c_keeps_what_is_done",
             f"{PROCESSOR}::test_an_interrupted_run_leaves_a_valid_partial_result_that_the_next_run_completes",
             "tests/app/test_main.py::test_ctrl_c_closes_the_window_without_a_traceback")),
        Row("the window is closed while it works", "no thread, timer or process stays",
            ("tests/app/test_window.py::test_closing_while_playing_leaves_no_timer_and_no_thread",
             "tests/app/session/test_session.py::test_close_at_any_moment_ends_everything",
             "tests/app/jobs/test_child_process.py::test_close_leaves_no_process")),
    ),
    "Damaged files": (
        Row("cut short: settings, cards, models, caches, sequences, pairs, checkpoints", "one sentence",
            (f"{DAMAGED}::test_a_file_that_was_cut_is_one_sentence",)),
        Row("altered bytes in any of them", "one sentence, or still a sensible file; checksums notice every change",
            (f"{DAMAGED}::test_a_file_with_altered_bytes_is_one_sentence_or_still_sense",)),
        Row("files that bring code", "not executed",
            (f"{DAMAGED}::test_nothing_is_executed",
             "tests/models/data/aist/test_aist_unpickle.py::test_a_hostile_pickle_is_refused_before_it_runs")),
        Row("arbitrary bytes and text", "our own error or sense, in bounded memory",
            (f"{FUZZ}/test_fuzz.py::test_no_input_gets_past_the_parsers",
             f"{FUZZ}/test_fuzz.py::test_the_seeds_are_read_or_refused_for_a_reason",
             f"{FUZZ}/test_fuzz.py::test_what_fuzzing_found_stays_found",
             f"{FUZZ}/test_fuzz.py::test_a_find_is_kept_and_tried_again",
             f"{FUZZ}/test_found.py::test_what_got_past_a_parser_once_does_no_more",
             f"{FUZZ}/test_found.py::test_no_document_brings_numbers_or_depths_beyond_reason")),
        Row("archives that unpack to more than there is", "refused unread",
            (f"{FUZZ}/test_bounds.py::test_an_archive_that_unpacks_to_more_than_there_is_is_refused_unread",
             f"{FUZZ}/test_bounds.py::test_an_array_that_claims_an_absurd_size_is_refused",
             f"{FUZZ}/test_found.py::test_a_pickle_that_asks_for_a_table_of_gigabytes_is_refused_unread")),
    ),
    "Numbers": (
        Row("NaN, infinities, absurd values from the detector", "cost their frame, not the ones after it",
            (f"{NUMBERS}::test_one_bad_number_from_the_detector_costs_one_frame",
             f"{NUMBERS}::test_a_batch_keeps_a_bad_row_to_itself",
             f"{NUMBERS}::test_the_live_bone_figure_recovers")),
        Row("the same in geometry and metrics", "NaN, never an exception, a warning or a wrong neighbour",
            (f"{NUMBERS}::test_geometry_and_metrics_answer_nan_not_an_exception",
             f"{NUMBERS}::test_a_body_without_any_length_has_no_bone_figure")),
        Row("the same in exports", "an unknown value: null, an empty cell, NaN",
            (f"{NUMBERS}::test_exports_say_unknown_where_a_number_is_none",)),
        Row("the same in time stamps", "replaced; a sequence with them is refused",
            (f"{NUMBERS}::test_times_that_are_no_numbers_are_replaced",
             f"{NUMBERS}::test_a_sequence_with_times_that_are_no_numbers_is_refused")),
        Row("the same in training pairs, motion files, calibrations", "left out, or refused",
            (f"{NUMBERS}::test_training_never_sees_what_is_no_number",
             f"{NUMBERS}::test_motion_files_with_such_numbers_are_refused",
             f"{NUMBERS}::test_a_calibration_with_such_numbers_is_refused")),
    ),
    "Machines": (
        Row("no display", "the window says so and exits with 2; everything else works",
            (f"{MACHINE}::test_without_a_display_the_window_is_one_sentence",
             f"{MACHINE}::test_without_a_display_everything_else_works")),
        Row("no OpenGL", "the window needs none; the studio names what to install",
            ("tests/app/stage/test_skeleton_view.py::test_the_window_needs_no_opengl",
             "tests/models/data/studio/test_studio.py::test_without_opengl_the_package_to_install_is_named")),
        Row("onnxruntime-gpu without CUDA libraries", "the CPU, in silence",
            (f"{MACHINE}::test_a_driver_without_cuda_libraries_means_the_cpu_in_silence",
             "tests/core/refinement/test_refiner.py::test_without_a_driver_cuda_is_not_even_asked_for")),
        Row("no network at the first start", "one sentence, nothing left behind",
            ("tests/core/detection/test_bundle.py::test_no_network_is_one_sentence_and_leaves_nothing",)),
        Row("the training packages are missing", "one sentence with the command that installs them",
            ("tests/test_main.py::test_training_without_torch_is_one_sentence",)),
        Row("a mistake of the program's own", "a sentence and a report that can be saved",
            ("tests/app/test_crash.py::test_a_mistake_anywhere_is_a_sentence_and_a_report",)),
        Row("two instances, one folder", "both end well, the files are whole",
            (f"{INSTANCES}::test_two_runs_into_one_folder_both_end_well",)),
        Row("two recordings that begin in one second, or in an hour that comes twice", "both are kept",
            (f"{INSTANCES}::test_two_recordings_of_one_second_are_two_recordings",)),
        Row("two instances, one cut-off recording; flock, and a stand-in for Windows' locks, where none was run",
            "one of them makes files of it, and neither takes one that has just begun",
            tuple(f"{DRAFTS}::{name}" for name in (
                "test_a_draft_has_one_owner",
                "test_a_draft_is_recovered_once_however_many_look",
                "test_a_draft_that_has_just_begun_is_left_to_its_program",
                "test_the_lock_of_a_draft_that_was_replaced_meanwhile_does_not_count"))),
        Row("two first starts at once", "both get the pose model",
            (f"{INSTANCES}::test_two_first_starts_fetch_the_model_side_by_side",)),
    ),
    "Attacks": (
        Row("names in archives that point elsewhere, entities in XML, pickles, shell words", "refused or harmless",
            (f"{FUZZ}/test_bounds.py::test_the_code_neither_unpickles_nor_evaluates_nor_asks_a_shell",
             f"{FUZZ}/test_bounds.py::test_nothing_is_told_to_unpickle_after_all",
             f"{FUZZ}/test_bounds.py::test_xml_with_entities_is_refused")),
        Row("libraries that report home (MediaPipe, ONNX Runtime)", "kept from it: 0 network requests, no device id",
            (f"{NETWORK}::test_process_asks_the_network_for_nothing",
             f"{NETWORK}::test_the_window_asks_the_network_for_nothing",
             f"{NETWORK}::test_the_studio_asks_the_network_for_nothing",
             f"{NETWORK}::test_who_may_report_home_would_be_seen",
             "tests/core/system/test_telemetry.py::test_a_users_proxies_go_on_to_other_programs")),
        Row("others on the network", "listeners are on the loopback unless told otherwise",
            (f"{FUZZ}/test_bounds.py::test_listeners_are_on_the_loopback",)),
    ),
}  # fmt: skip


def all_tests() -> list[str]:
    """Return every test of the table, once."""
    return list(dict.fromkeys(test for rows in GROUPS.values() for row in rows for test in row.tests))


def defined_tests(path: Path) -> set[str]:
    """Return the names of the test functions in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test")}


def render(results: dict[str, str]) -> str:
    """Return the page; `results` says what came of each test, e.g. "passed" or "passed (12)"."""
    lines = ["# Faults", "", _INTRODUCTION]
    for group, rows in GROUPS.items():
        lines += ["", f"## {group}", "", "| what goes wrong | what happens | tests | result |", "|---|---|---|---|"]
        for row in rows:
            tests = "<br>".join(f"`{test}`" for test in row.tests)
            result = "<br>".join(results.get(test, "not run") for test in row.tests)
            lines.append(f"| {row.fault} | {row.outcome} | {tests} | {result} |")
    return "\n".join(lines) + "\n"


_INTRODUCTION = """What can go wrong, what the program then does, and the tests that show it, with their results.
`make faults` runs them all and writes this page anew; a number in brackets says how many cases a test has.

`python -m tests.soak.soak live`, half an hour on two busy cores: 51,363 frames, 3,521 faults, 445 sources that broke
off, each recorded by the window's recorder and read again: nothing lost, no thread or file left open, 9 MiB more
memory. `python -m tests.soak.soak frames`: 1,000,000 frames in 41 minutes of a crowded machine (8 minutes of one core),
14,984 of them faulty: none lost, memory as after the first 100,000 to within 0.1 MiB. Both are `make soak`."""


def run_all() -> dict[str, str]:
    """Run every test of the table; return test → outcome."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junit-xml={report}"]
        # a shell in the background ignores Ctrl-C, and its children with it: then the tests of Ctrl-C could not pass
        heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        subprocess.run([*command, *all_tests()], cwd=ROOT, check=False, preexec_fn=heed)
        cases = list(ET.parse(report).getroot().iter("testcase"))
    outcomes: dict[str, list[str]] = {}
    for case in cases:
        test = f"{case.get('file')}::{(case.get('name') or '').partition('[')[0]}"
        state = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        outcomes.setdefault(test, []).append({"failure": "failed", "error": "failed"}.get(state, state))
    return {test: _summary(states) for test, states in outcomes.items()}


def _summary(states: list[str]) -> str:
    worst = next((s for s in ("failed", "passed") if s in states), "skipped")
    return worst if len(states) == 1 else f"{worst} ({states.count(worst)})"


if __name__ == "__main__":
    found = run_all()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(found), encoding="utf-8")
    print(f"{PAGE} is written.")
    sys.exit(any(result.startswith("failed") for result in found.values()))
