"""What can go wrong with times, gaps, and what others write; `tests.faults.table` puts it among the rest."""

from dataclasses import dataclass

TIMES, FILE_TIMES, PICTURES = (f"tests/core/sources/test_{name}.py" for name in ("timeline", "file_times", "pictures"))
ABSENCES, READING = "tests/core/exporters/test_absences.py", "tests/core/process/test_reading.py"
EVENLY, ENDINGS = "tests/core/sequence/test_resampling.py", "tests/core/system/files/test_endings.py"
MOTION = "tests/models/data/motion/test_motion_files.py"


@dataclass(frozen=True)
class Row:
    """One fault: what goes wrong, what the program does, and where that is tested (`file::test`)."""

    fault: str
    outcome: str
    tests: tuple[str, ...]


READ: dict[str, tuple[Row, ...]] = {
    "Times and gaps": (
        Row(
            "time stamps of a live source that repeat, go back or are missing",
            "repaired, strictly increasing",
            (
                "tests/core/test_sources.py::test_repaired_times_always_increase",
                "tests/core/test_sources.py::test_the_clock_leaves_good_times_alone_and_bridges_a_restart",
                "tests/core/detection/test_detector.py::test_times_that_repeat_or_go_back_do_not_stop_tracking",
                "tests/core/refinement/test_pipeline.py::test_a_gap_or_a_step_back_starts_a_new_stream",
            ),
        ),
        Row(
            "a constant rate in milliseconds, or in a time base too coarse for it",
            "the exact rate, no frame more or less, in every container",
            (
                f"{TIMES}::test_a_constant_rate_in_milliseconds_is_exact",
                f"{TIMES}::test_a_time_base_too_coarse_for_its_rate_loses_no_frame",
                f"{FILE_TIMES}::test_a_constant_rate_is_exact_in_every_container",
                f"{EVENLY}::test_a_rate_that_milliseconds_hide_is_found",
            ),
        ),
        Row(
            "frames without a time",
            "placed at the frame distance, a sentence",
            (
                f"{TIMES}::test_missing_times_are_made_up_evenly",
                f"{TIMES}::test_no_times_at_all_take_the_rate_that_is_said",
                f"{TIMES}::test_times_faster_than_any_camera_say_nothing",
                f"{FILE_TIMES}::test_the_awkward_files_of_others",
            ),
        ),
        Row(
            "files that were joined: time steps back",
            "goes on at the frame distance, a sentence",
            (
                f"{TIMES}::test_joined_files_go_on_at_the_frame_distance",
                f"{FILE_TIMES}::test_joined_transport_streams_go_on_at_the_frame_distance",
            ),
        ),
        Row(
            "a counter that ran over, a splice: time jumps by hours",
            "goes on at the frame distance, a sentence",
            (
                f"{TIMES}::test_a_counter_that_ran_over_costs_no_day",
                f"{FILE_TIMES}::test_a_jump_of_a_day_costs_no_day",
                f"{TIMES}::test_a_wrap_to_below_zero_is_a_step_back",
            ),
        ),
        Row(
            "a single frame with a wrong time", "costs itself", (f"{TIMES}::test_a_single_wrong_time_spoils_no_other",)
        ),
        Row(
            "a pause of minutes, bursts of frames",
            "four rows a frame at most where nobody asked for more, a note",
            (
                f"{EVENLY}::test_a_pause_makes_no_more_than_four_rows_a_frame",
                f"{EVENLY}::test_bursts_make_no_more_than_four_rows_a_frame",
                f"{ABSENCES}::test_no_format_writes_more_rows_than_anybody_asked_for",
            ),
        ),
        Row(
            "an edit list that hides frames, frames that an AVI leaves out",
            "no warning: nothing is missing",
            (
                f"{FILE_TIMES}::test_an_edit_list_that_hides_frames_is_no_damage",
                f"{FILE_TIMES}::test_frames_that_an_avi_leaves_out_are_no_damage",
                f"{FILE_TIMES}::test_a_file_that_is_really_cut_says_so",
            ),
        ),
        Row(
            "several pictures in one file",
            "the default one",
            (f"{FILE_TIMES}::test_of_several_pictures_the_default_one_is_taken",),
        ),
        Row(
            "slow motion",
            "`--capture-rate` gives the camera's times in every header",
            (f"{READING}::test_slow_motion_is_of_its_camera_in_every_header",),
        ),
        Row(
            "the person leaves for a while",
            "unknown in every format that knows the word, held and marked in the others",
            (
                f"{ABSENCES}::test_formats_with_unknown_values_say_unknown",
                f"{ABSENCES}::test_formats_without_hold_the_last_pose_and_say_when",
                f"{ABSENCES}::test_the_figure_stands_still_and_says_when",
            ),
        ),
        Row(
            "a rate too low for the filter",
            "a sentence with what can be done",
            (
                f"{READING}::test_a_filter_that_a_slow_video_leaves_out_is_said",
                f"{READING}::test_what_is_said_of_a_filter_is_what_it_does",
            ),
        ),
        Row(
            "containers cut, spliced, re-timed and overwritten",
            "frames in the order of time, or a sentence",
            (
                "tests/fuzz/test_containers.py::test_no_container_gets_past_the_reader",
                "tests/fuzz/test_containers.py::test_a_sound_film_of_every_container_is_read",
                "tests/fuzz/test_containers.py::test_a_find_would_be_seen",
            ),
        ),
    ),
    "What others write": (
        Row(
            "pictures in a folder, animated GIFs",
            "read like videos; what cannot be read costs itself",
            (
                f"{PICTURES}::test_numbered_pictures_are_a_film",
                f"{PICTURES}::test_an_animated_gif_is_a_film_with_its_own_times",
                f"{PICTURES}::test_a_picture_that_cannot_be_read_costs_itself",
                f"{READING}::test_a_folder_of_pictures_is_processed_like_a_video",
            ),
        ),
        Row(
            "a picture on its side or head down, a mirror image",
            "asked about; `--turn` and `--mirrored` put it right",
            (
                f"{READING}::test_a_picture_on_its_side_is_noticed",
                f"{READING}::test_a_turned_picture_is_asked_about",
                f"{PICTURES}::test_pictures_can_be_mirrored_and_turned",
            ),
        ),
        Row(
            "our own drawn videos among the videos of a folder",
            "are not processed again",
            (f"{PICTURES}::test_names_of_videos_are_known_in_one_place",),
        ),
        Row(
            "our own BVH as motion, joints that are missing",
            "read; all that are missing are named at once",
            (
                f"{MOTION}::test_our_own_bvh_is_motion_to_us",
                f"{MOTION}::test_all_joints_that_are_missing_are_named_at_once",
            ),
        ),
        Row(
            "one camera to triangulate from",
            "refused before MediaPipe runs",
            ("tests/models/data/multiview/test_footage.py::test_one_camera_is_refused_before_anybody_looks",),
        ),
        Row(
            "a wrong ending or none, a folder where a file is meant",
            "a sentence before any work",
            (
                f"{ENDINGS}::test_a_name_that_does_not_say_what_it_is_to_be_is_refused",
                f"{ENDINGS}::test_capitals_do_not_matter_and_a_folder_is_no_file",
                f"{ENDINGS}::test_a_folder_and_another_kind_of_file_are_no_archive",
                f"{ENDINGS}::test_inspect_refuses_such_a_name_before_it_reads",
            ),
        ),
    ),
}
