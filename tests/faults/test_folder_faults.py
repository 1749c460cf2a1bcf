"""Whatever becomes of the run folder, the run ends cleanly, and goes on once that is mended."""

import signal
import sys

import cloudpickle

from l2l.errors import StorageError

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def test_full_disk_stops_the_run_and_says_how_to_go_on(launch, tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def simulate(traj):
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))  # not the worker's trouble
        return 1.0

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        run = launch(simulate, pop_size=200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(run.error, StorageError)
    assert f"l2l-run --resume {tmp_path / 'results' / 'run'}" in str(run.error)


def test_folder_deleted_in_mid_run_stops_the_run(launch, tmp_path):
    def simulate(traj):
        import shutil

        if traj.individual.generation == 1:
            shutil.rmtree(folder, ignore_errors=True)
        return 1.0

    folder = tmp_path / "results" / "run"
    run = launch(simulate, n_iteration=3)
    assert isinstance(run.error, StorageError)


def test_torn_record_is_cut_off_and_evaluated_again(project, reference):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    path = project.results / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    project.resume()
    assert project.history() == reference


def test_run_without_its_history_is_not_resumed(project):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    (project.results / "history.jsonl").unlink()
    code, told = project.run("--resume", "results/run")
    assert code == 2
    assert "history.jsonl has 0 bytes" in told
