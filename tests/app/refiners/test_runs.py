import subprocess
import sys

from app.refiners.runs import Run, list_runs, new_run_folder, runs_folder


def write_run(name, *, n_done=2, epochs=5, has_last=True):
    folder = runs_folder() / name
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'pairs = ["/data/dance"]\nepochs = {epochs}\n')
    rows = [f"{epoch},0.1,{90 - epoch},100" for epoch in range(1, n_done + 1)]
    (folder / "log.csv").write_text("\n".join(["epoch,train_total,val_depth_mm,val_raw_depth_mm", *rows]) + "\n")
    if has_last:
        (folder / "last.ckpt").write_text("")
    return folder


def test_a_run_says_how_far_it_is():
    run = Run.load(write_run("a"))
    assert (run.n_done, run.n_epochs, run.pairs) == (2, 5, ("/data/dance",))
    assert run.history[-1]["val_depth_mm"] == 88.0
    assert run.can_resume


def test_what_cannot_go_on_is_not_offered():
    assert not Run.load(write_run("done", n_done=5)).can_resume
    assert not Run.load(write_run("early", n_done=0, has_last=False)).can_resume


def test_a_damaged_log_is_a_run_without_history():
    folder = write_run("a")
    (folder / "log.csv").write_text("epoch,train_total\n1,not a number\n")
    assert Run.load(folder).history == ()
    (folder / "config.toml").write_text("epochs = = 3")
    assert Run.load(folder) is None


def test_runs_are_listed_newest_first_and_new_ones_get_a_folder_of_their_own():
    for name in ("20260101-120000", "20260301-120000"):
        write_run(name)
    (runs_folder() / "other").mkdir()
    assert [run.folder.name for run in list_runs()] == ["20260301-120000", "20260101-120000"]
    first = new_run_folder()
    first.mkdir()
    assert new_run_folder() != first


def test_a_run_keeps_the_name_it_was_given():
    run = Run.load(write_run("a"))
    assert run.name == "a"
    run.rename("Anna's dance")
    assert Run.load(run.folder).name == "Anna's dance"


def test_one_process_at_a_time_trains_in_a_folder():
    run = Run.load(write_run("a"))
    lock = run.lock()
    assert lock is not None
    assert run.lock() is None
    assert not run.was_cut_off()
    lock.unlock()
    assert run.lock() is not None


def test_a_lock_of_a_process_that_died_counts_as_none():
    run = Run.load(write_run("a"))
    path = run.folder / "in-use.lock"
    code = (
        "import os, sys; from PySide6.QtCore import QLockFile; lock = QLockFile(sys.argv[1]); lock.lock(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert path.is_file()
    assert run.was_cut_off()
    assert not run.was_cut_off()
    assert run.lock() is not None


def test_a_deleted_run_is_gone():
    run = Run.load(write_run("a"))
    run.delete()
    assert list_runs() == []
