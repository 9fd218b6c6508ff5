"""Downloads against a server on this machine that loses connections, lies about sizes, and changes its files."""

import base64
import hashlib
import http.server
import io
import re
import threading
import zipfile

import pytest

from core.errors import OutputError, SettingsError, SourceError
from models.data.aist import fetch as fetching
from models.data.aist.download import Choice, Places, choose, fetch_annotations, fetch_videos, list_videos, unpack
from models.data.aist.wholeness import is_whole_mp4

NAMES = [f"g{genre}_sBM_c{view:02d}_d04_m{genre}0_ch01" for genre in ("BR", "PO") for view in (1, 2)]
SIZE = 40_000


def box(kind, content):
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def video(seed=0):
    pictures = bytes((i * 7 + seed) % 251 for i in range(SIZE - 60))
    return box(b"ftyp", b"isom") + box(b"moov", b"index") + box(b"mdat", pictures)


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """Serves `files`; `faults[path]` is a list of what goes wrong with each request in turn."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.lstrip("/")
        self.server.asked.append((path, self.headers.get("Range")))
        faults = self.server.faults.get(path, [])
        fault = faults.pop(0) if faults else None
        content = self.server.files.get(path)
        if content is None or fault == "missing":
            return self.send_error(404)
        if fault == "busy":
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        tag = f'"{hashlib.md5(content).hexdigest()}"'
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == tag and fault != "no ranges":
            start = int(asked[1])
            if fault == "wrong range":
                start += 10
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[start:]
        length = len(body)
        if fault == "too long":
            length += 500
        elif fault == "too short":
            length -= 500
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(length))
        if path in self.server.md5:
            digest = hashlib.md5(self.server.md5[path]).digest()
            self.send_header("x-goog-hash", f"crc32c=AAAAAA==,md5={base64.b64encode(digest).decode()}")
        self.end_headers()
        self.wfile.write(body[: length // 2] if fault == "lost" else body[:length])
        if fault in ("lost", "too long"):
            self.wfile.flush()
            self.close_connection = True


@pytest.fixture
def server():
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    served.daemon_threads = False
    served.files = {f"v/{name}.mp4": video(number) for number, name in enumerate(NAMES)}
    served.files["list.txt"] = "\n".join(NAMES).encode()
    served.faults, served.md5, served.asked = {}, {}, []
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join()


@pytest.fixture
def places(server):
    root = f"http://127.0.0.1:{server.server_port}"
    return Places(f"{root}/v/", f"{root}/list.txt", f"{root}/fullset.zip")


def get(names, folder, places, n_jobs=2):
    return fetch_videos(names, folder, n_jobs, places, wait_s=0.01)


def path_of(name):
    return f"v/{name}.mp4"


def test_videos_arrive_whole_with_checksums_and_are_not_fetched_twice(server, places, tmp_path):
    names = list_videos(places)
    result = get(names, tmp_path, places)
    assert (result.n_new, result.n_there, result.failed) == (4, 0, {})
    assert result.n_bytes == sum(len(server.files[path_of(name)]) for name in NAMES)
    for name in NAMES:
        assert (tmp_path / f"{name}.mp4").read_bytes() == server.files[path_of(name)]
    sums = dict(reversed(line.split("  ")) for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    assert sums == {f"{n}.mp4": hashlib.sha256(server.files[path_of(n)]).hexdigest() for n in NAMES}
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*sums, "SHA256SUMS"])
    before = len(server.asked)
    assert get(names, tmp_path, places).n_there == 4
    assert len(server.asked) == before


def test_a_lost_connection_is_gone_on_with_where_it_broke(server, places, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "_CHUNK", 1000)
    server.faults[path_of(NAMES[0])] = ["lost", "lost", "busy", "lost"]
    assert get(NAMES[:1], tmp_path, places).failed == {}
    assert (tmp_path / f"{NAMES[0]}.mp4").read_bytes() == server.files[path_of(NAMES[0])]
    ranges = [asked for _, asked in server.asked]
    assert ranges[0] is None
    starts = [int(re.findall(r"\d+", asked)[0]) for asked in ranges[1:]]
    assert starts == sorted(starts)
    assert len(set(starts)) == 3  # three losses; being busy loses nothing
    assert 0 < starts[0] < SIZE / 2


def test_a_later_run_goes_on_with_what_an_earlier_one_got(server, places, tmp_path):
    server.faults[path_of(NAMES[0])] = ["lost", "missing"]
    assert "404" in get(NAMES[:1], tmp_path, places).failed[NAMES[0]]
    assert list(tmp_path.glob("*.mp4")) == []
    result = get(NAMES[:1], tmp_path, places)
    assert result.failed == {}
    assert result.n_bytes < SIZE * 0.65
    assert (tmp_path / f"{NAMES[0]}.mp4").read_bytes() == server.files[path_of(NAMES[0])]


@pytest.mark.parametrize("fault", ["no ranges", "wrong range"])
def test_a_server_that_does_not_go_on_is_asked_from_the_start(server, places, tmp_path, fault):
    server.faults[path_of(NAMES[0])] = ["lost", fault]
    assert get(NAMES[:1], tmp_path, places).failed == {}
    assert (tmp_path / f"{NAMES[0]}.mp4").read_bytes() == server.files[path_of(NAMES[0])]


def test_a_file_that_changed_meanwhile_is_not_glued_together(server, places, tmp_path):
    server.faults[path_of(NAMES[0])] = ["lost", "missing"]
    get(NAMES[:1], tmp_path, places)
    server.files[path_of(NAMES[0])] = video(99)
    assert get(NAMES[:1], tmp_path, places).failed == {}
    assert (tmp_path / f"{NAMES[0]}.mp4").read_bytes() == video(99)


def test_a_size_that_is_a_lie_is_never_taken_for_a_video(server, places, tmp_path):
    server.faults[path_of(NAMES[0])] = ["too short"]
    server.faults[path_of(NAMES[1])] = ["too long"] * 20
    result = get(NAMES, tmp_path, places)
    assert sorted(result.failed) == NAMES[:2]
    assert "cut off or damaged" in result.failed[NAMES[0]]
    assert "cannot be fetched" in result.failed[NAMES[1]]
    assert sorted(p.stem for p in tmp_path.glob("*.mp4")) == NAMES[2:]
    assert get(NAMES[:1], tmp_path, places).failed == {}  # the lie was told once


def test_a_wrong_md5_is_noticed(server, places, tmp_path):
    server.md5[path_of(NAMES[0])] = b"something else"
    server.md5[path_of(NAMES[1])] = server.files[path_of(NAMES[1])]
    result = get(NAMES[:2], tmp_path, places)
    assert list(result.failed) == NAMES[:1]
    assert "MD5" in result.failed[NAMES[0]]


def test_one_that_is_missing_does_not_stop_the_others(server, places, tmp_path):
    del server.files[path_of(NAMES[1])]
    result = get(NAMES, tmp_path, places)
    assert (result.n_new, list(result.failed)) == (3, [NAMES[1]])
    assert [path for path, _ in server.asked].count(path_of(NAMES[1])) == 1  # 404 is not tried again


def test_nobody_there(places, tmp_path, monkeypatch, closed_port):
    monkeypatch.setattr(fetching, "_TRIES", 2)
    nowhere = Places(f"http://127.0.0.1:{closed_port}/", f"http://127.0.0.1:{closed_port}/list.txt")
    assert "the connection was lost or refused" in get(NAMES[:1], tmp_path, nowhere).failed[NAMES[0]]
    with pytest.raises(SourceError, match="list of videos cannot be fetched"):
        list_videos(nowhere)


def test_a_folder_that_cannot_be_written_ends_it(server, places, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write"):
        get(NAMES, tmp_path / "file" / "videos", places)


def test_choices(places):
    assert choose(NAMES, Choice()) == NAMES
    assert choose(NAMES, Choice(first=3)) == NAMES[:3]
    assert choose(NAMES, Choice(genres=("gPO",))) == NAMES[2:]
    assert choose(NAMES, Choice(views=("c02",), first=1)) == NAMES[1:2]
    assert choose(NAMES, Choice(names=(f"{NAMES[3]}.mp4",))) == NAMES[3:]
    with pytest.raises(SettingsError, match="no video gBR_sBM_c03_d04_mBR0_ch01, "):
        choose(NAMES, Choice(names=("gBR_sBM_cAll_d04_mBR0_ch01",)))
    with pytest.raises(SettingsError, match="No video is left"):
        choose(NAMES, Choice(genres=("gXX",)))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "<html>", "gBR_sBM_c01_d04_mBR0_ch01/../x"])
def test_a_list_cannot_name_a_path(server, places, name):
    server.files["list.txt"] = name.encode()
    with pytest.raises(SourceError, match="no AIST\\+\\+ video"):
        list_videos(places)


def archive(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


MEMBERS = {
    "aist_plusplus_final/cameras/mapping.txt": "a b",
    "aist_plusplus_final/keypoints3d/a.pkl": "x" * 5000,
    "aist_plusplus_final/ignore_list.txt": "c",
    "aist_plusplus_final/keypoints2d/a.pkl": "large and not needed",
}


def test_annotations_are_fetched_and_unpacked_without_what_is_not_needed(server, places, tmp_path):
    server.files["fullset.zip"] = archive(MEMBERS)
    server.faults["fullset.zip"] = ["lost"]
    folder = fetch_annotations(tmp_path, places, wait_s=0.01)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {"cameras/mapping.txt", "keypoints3d/a.pkl", "ignore_list.txt"}
    assert (folder / "keypoints3d" / "a.pkl").read_text() == "x" * 5000


def test_an_archive_cannot_write_outside_its_folder(tmp_path):
    path = tmp_path / "a.zip"
    evil = ["../cameras/x", "cameras/../../../x", "/cameras/x", "a/b/cameras/x", "cameras/..\\..\\x", "C:/cameras/x"]
    path.write_bytes(archive({**dict.fromkeys(evil, "evil"), "cameras/mapping.txt": "good"}))
    unpack(path, tmp_path / "in" / "deep")
    written = [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file() and p != path]
    assert set(written) <= {"in/deep/cameras/mapping.txt", "in/deep/cameras/x"}
    assert (tmp_path / "in/deep/cameras/mapping.txt").read_text() == "good"


def test_a_damaged_archive_is_said_so(tmp_path):
    content = bytearray(archive(MEMBERS))
    content[150] ^= 255
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.zip is damaged"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    (tmp_path / "a.zip").write_bytes(archive({"readme.txt": ""}))
    with pytest.raises(SourceError, match=r"holds no AIST\+\+ annotations"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_whole_videos_and_others(tmp_path):
    path = tmp_path / "a.mp4"
    for content, is_whole in (
        (video(), True), (video()[:-1], False), (video() + b"\0", False), (video()[: SIZE // 2], False), (b"", False),
        (b"<html>not found</html>", False), (box(b"ftyp", b"isom") + box(b"moov", b""), False),
    ):  # fmt: skip
        path.write_bytes(content)
        assert is_whole_mp4(path) is is_whole
