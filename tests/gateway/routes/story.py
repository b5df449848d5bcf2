"""One day at the door: a request for every operation of the document, in an order in which each finds what it needs.

`{name}` in a path, a header or a body stands for what an earlier step's answer brought (`keeps`). The test runs the story against the real
gateway; `python -m tests.gateway.routes.record` writes it down as the examples of the OpenAPI document.
"""

import io
from dataclasses import dataclass, field
from typing import Any

import mido

FACTS = {"genre": "folk", "moods": ["calm"], "tempo_bpm": 100.0, "energy": 0.4}


def melody() -> bytes:
    """A MIDI file of four notes."""
    file = mido.MidiFile(type=1, ticks_per_beat=960)
    notes = [mido.Message("note_on", note=60 + step, velocity=90, time=0 if step == 0 else 960) for step in (0, 4, 7, 12)]
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("track_name", name="lead"), *notes]))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


@dataclass(frozen=True)
class Step:
    """One request, and what of its answer later ones need."""

    operation: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    form: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Names of files by field; `@name` is that file of the version."""
    status: int = 200
    keeps: dict[str, str] = field(default_factory=dict)
    streams: bool = False
    """The answer does not end: its first event is enough."""
    then: str = ""
    """What happens before the next step. `ended`: the job ends; `bury`: it fails, its message is dead; `hold`, `play`: the band."""


V = "/compositions/{composition_id}/versions/{number}"
STORY = (
    Step("GET /healthz"),
    Step("GET /readyz"),
    Step("GET /metrics"),
    Step("GET /me"),
    Step("GET /catalog/{kind}", keeps={"kind": "=genres"}),
    Step("POST /briefs", json={"prompt": "a slow waltz in D minor for piano and cello", "options": {"duration_s": 60}}),
    Step("POST /analyses", files={"file": "melody.mid"}),
    Step(
        "POST /jobs",
        form={"prompt": "a calm folk song for flute and bass", "options": '{"seed": 7, "bpm": 100}'},
        headers={"Idempotency-Key": "a-folk-song-1"},
        status=202,
        keeps={"job_id": "job_id", "composition_id": "composition_id", "number": "=1"},
        then="ended",
    ),
    Step("GET /jobs", query={"limit": 1, "status": "completed"}),
    Step("GET /jobs/{job_id}"),
    Step("GET /jobs/{job_id}/events", headers={"Accept": "text/event-stream"}),
    Step("GET /jobs/{job_id}/preview", query={"format": "mp3", "rest": True}),
    Step("GET /compositions", query={"limit": 1}),
    Step("GET /compositions/{composition_id}", keeps={"revision": "#etag"}),
    Step("PATCH /compositions/{composition_id}", headers={"If-Match": "{revision}"}, json={"title": "By the lake"}),
    Step("GET /compositions/{composition_id}/versions"),
    Step(f"GET {V}"),
    Step("GET /compositions/{composition_id}/events", headers={"Accept": "text/event-stream"}, streams=True),
    Step("POST /compositions", files={"context": "@context.json", "score": "@score.json"}, status=201),
    Step(f"GET {V}/artifacts/{{name}}", keeps={"name": "=master.wav"}, headers={"Range": "bytes=0-1023"}, status=206),
    Step(f"GET {V}/stems.zip"),
    Step(f"GET {V}/song.zip"),
    Step(f"GET {V}/midi.zip"),
    Step(f"GET {V}/midi/{{part}}.mid", keeps={"part": "=bass"}),
    Step(f"GET {V}/project.dawproject"),
    Step(f"GET {V}/previews/{{sound}}.mp3", keeps={"sound": "=master"}),
    Step(f"POST {V}/instructions", json={"instruction": "126 bpm"}),
    Step(f"POST {V}/revise", json={"instruction": "126 bpm"}, status=202, keeps={"revising": "job_id"}, then="ended"),
    Step(f"GET {V}/diff", query={"against": 2}),
    Step("GET /compositions/{composition_id}/compare", query={"version": [1, 2]}),
    Step(f"POST {V}/branch", json={"branch": "slower"}, status=201),
    Step(f"POST {V}/restore", json={"branch": "main"}, status=201),
    Step("GET /compositions/{composition_id}/history"),
    Step("PUT /compositions/{composition_id}/members/{user}", json={"role": "editor"}, status=201, keeps={"user": "=ada"}),
    Step("GET /compositions/{composition_id}/members"),
    Step("DELETE /compositions/{composition_id}/members/{user}", status=204),
    Step(
        "POST /compositions/{composition_id}/comments",
        json={"version": 1, "bar": 5, "part": "bass", "text": "louder here?"},
        status=201,
        keeps={"comment_id": "comment_id", "comment": "#etag"},
    ),
    Step("GET /compositions/{composition_id}/comments", query={"version": 1}),
    Step("GET /compositions/{composition_id}/comments/{comment_id}", keeps={"comment": "#etag"}),
    Step("PATCH /compositions/{composition_id}/comments/{comment_id}", headers={"If-Match": "{comment}"}, json={"resolved": True}),
    Step("DELETE /compositions/{composition_id}/comments/{comment_id}", status=204),
    Step("POST /feedback", json={"kind": "rating", "rating": 5, "liked": {"facts": FACTS}}, status=201),
    Step("GET /feedback", query={"limit": 1}),
    Step("GET /preferences"),
    Step("DELETE /preferences"),
    Step("POST /keys", json={"user": "ada", "name": "the studio", "scopes": ["read", "write"]}, status=201, keeps={"key_id": "key_id"}),
    Step("GET /keys"),
    Step("GET /keys/{key_id}"),
    Step("POST /keys/{key_id}/rotate", json={}, status=201),
    Step("DELETE /keys/{key_id}"),
    Step("POST /tickets", json={"path": "/api/v1/jobs/{job_id}/events"}, status=201),
    Step("GET /usage"),
    Step("GET /audit", query={"limit": 1}, then="hold"),
    Step("POST /jobs", form={"prompt": "a song that nobody could finish"}, status=202, keeps={"failing": "job_id"}, then="bury"),
    Step("GET /dead", keeps={"letter_id": "items.0.id"}),
    Step("GET /dead/{letter_id}"),
    Step("POST /dead/{letter_id}/replay", status=202),
    Step("POST /jobs", form={"prompt": "another one"}, status=202, keeps={"stopped": "job_id", "job_id": "job_id"}),
    Step("DELETE /jobs/{job_id}", then="play"),
    Step("DELETE /compositions/{composition_id}"),
)
