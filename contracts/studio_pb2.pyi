from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JobStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATUS_UNSPECIFIED: _ClassVar[JobStatus]
    JOB_STATUS_QUEUED: _ClassVar[JobStatus]
    JOB_STATUS_PROCESSING: _ClassVar[JobStatus]
    JOB_STATUS_COMPLETED: _ClassVar[JobStatus]
    JOB_STATUS_FAILED: _ClassVar[JobStatus]
    JOB_STATUS_CANCELLED: _ClassVar[JobStatus]

class AudioFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIO_FORMAT_UNSPECIFIED: _ClassVar[AudioFormat]
    AUDIO_FORMAT_WAV: _ClassVar[AudioFormat]
    AUDIO_FORMAT_MP3: _ClassVar[AudioFormat]
JOB_STATUS_UNSPECIFIED: JobStatus
JOB_STATUS_QUEUED: JobStatus
JOB_STATUS_PROCESSING: JobStatus
JOB_STATUS_COMPLETED: JobStatus
JOB_STATUS_FAILED: JobStatus
JOB_STATUS_CANCELLED: JobStatus
AUDIO_FORMAT_UNSPECIFIED: AudioFormat
AUDIO_FORMAT_WAV: AudioFormat
AUDIO_FORMAT_MP3: AudioFormat

class CreateJobRequest(_message.Message):
    __slots__ = ("order", "chunk")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    order: JobOrder
    chunk: FileChunk
    def __init__(self, order: _Optional[_Union[JobOrder, _Mapping]] = ..., chunk: _Optional[_Union[FileChunk, _Mapping]] = ...) -> None: ...

class JobOrder(_message.Message):
    __slots__ = ("prompt", "options", "seed", "taps", "lyrics")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TAPS_FIELD_NUMBER: _ClassVar[int]
    LYRICS_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    options: _struct_pb2.Struct
    seed: int
    taps: _containers.RepeatedScalarFieldContainer[float]
    lyrics: str
    def __init__(self, prompt: _Optional[str] = ..., options: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., seed: _Optional[int] = ..., taps: _Optional[_Iterable[float]] = ..., lyrics: _Optional[str] = ...) -> None: ...

class FileChunk(_message.Message):
    __slots__ = ("field", "filename", "media_type", "data")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    field: str
    filename: str
    media_type: str
    data: bytes
    def __init__(self, field: _Optional[str] = ..., filename: _Optional[str] = ..., media_type: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ("job_id", "composition_id", "status_url", "events_url")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    COMPOSITION_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_URL_FIELD_NUMBER: _ClassVar[int]
    EVENTS_URL_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    composition_id: str
    status_url: str
    events_url: str
    def __init__(self, job_id: _Optional[str] = ..., composition_id: _Optional[str] = ..., status_url: _Optional[str] = ..., events_url: _Optional[str] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("job_id", "composition_id", "status", "progress", "stage", "attempt", "prompt", "seed", "created_at", "updated_at", "ended_at", "last_seq", "results", "error", "remaining_s")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    COMPOSITION_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REMAINING_S_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    composition_id: str
    status: JobStatus
    progress: float
    stage: str
    attempt: int
    prompt: str
    seed: int
    created_at: float
    updated_at: float
    ended_at: float
    last_seq: int
    results: Results
    error: Problem
    remaining_s: float
    def __init__(self, job_id: _Optional[str] = ..., composition_id: _Optional[str] = ..., status: _Optional[_Union[JobStatus, str]] = ..., progress: _Optional[float] = ..., stage: _Optional[str] = ..., attempt: _Optional[int] = ..., prompt: _Optional[str] = ..., seed: _Optional[int] = ..., created_at: _Optional[float] = ..., updated_at: _Optional[float] = ..., ended_at: _Optional[float] = ..., last_seq: _Optional[int] = ..., results: _Optional[_Union[Results, _Mapping]] = ..., error: _Optional[_Union[Problem, _Mapping]] = ..., remaining_s: _Optional[float] = ...) -> None: ...

class Results(_message.Message):
    __slots__ = ("version", "files", "stems")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    STEMS_FIELD_NUMBER: _ClassVar[int]
    version: int
    files: _containers.RepeatedCompositeFieldContainer[File]
    stems: _containers.RepeatedCompositeFieldContainer[Stem]
    def __init__(self, version: _Optional[int] = ..., files: _Optional[_Iterable[_Union[File, _Mapping]]] = ..., stems: _Optional[_Iterable[_Union[Stem, _Mapping]]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("name", "media_type", "size", "sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    media_type: str
    size: int
    sha256: str
    def __init__(self, name: _Optional[str] = ..., media_type: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class Stem(_message.Message):
    __slots__ = ("part", "instrument", "name")
    PART_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    part: str
    instrument: str
    name: str
    def __init__(self, part: _Optional[str] = ..., instrument: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("job_id", "after_seq")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_seq: int
    def __init__(self, job_id: _Optional[str] = ..., after_seq: _Optional[int] = ...) -> None: ...

class JobEvent(_message.Message):
    __slots__ = ("seq", "time", "type", "stage", "progress", "message", "data", "remaining_s")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    REMAINING_S_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: float
    type: str
    stage: str
    progress: float
    message: str
    data: _struct_pb2.Struct
    remaining_s: float
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[float] = ..., type: _Optional[str] = ..., stage: _Optional[str] = ..., progress: _Optional[float] = ..., message: _Optional[str] = ..., data: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., remaining_s: _Optional[float] = ...) -> None: ...

class FetchArtifactRequest(_message.Message):
    __slots__ = ("composition_id", "version", "name", "offset", "length")
    COMPOSITION_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    composition_id: str
    version: int
    name: str
    offset: int
    length: int
    def __init__(self, composition_id: _Optional[str] = ..., version: _Optional[int] = ..., name: _Optional[str] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class ArtifactChunk(_message.Message):
    __slots__ = ("offset", "data", "file")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    offset: int
    data: bytes
    file: File
    def __init__(self, offset: _Optional[int] = ..., data: _Optional[bytes] = ..., file: _Optional[_Union[File, _Mapping]] = ...) -> None: ...

class PreviewRequest(_message.Message):
    __slots__ = ("job_id", "format", "rest")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    format: AudioFormat
    rest: bool
    def __init__(self, job_id: _Optional[str] = ..., format: _Optional[_Union[AudioFormat, str]] = ..., rest: _Optional[bool] = ...) -> None: ...

class PreviewChunk(_message.Message):
    __slots__ = ("data", "media_type")
    DATA_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    media_type: str
    def __init__(self, data: _Optional[bytes] = ..., media_type: _Optional[str] = ...) -> None: ...

class ReviseRequest(_message.Message):
    __slots__ = ("composition_id", "version", "instruction", "patch", "edits", "from_stage", "until", "branch", "expected_head")
    COMPOSITION_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    FROM_STAGE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_HEAD_FIELD_NUMBER: _ClassVar[int]
    composition_id: str
    version: int
    instruction: str
    patch: _struct_pb2.Struct
    edits: _struct_pb2.ListValue
    from_stage: str
    until: str
    branch: str
    expected_head: int
    def __init__(self, composition_id: _Optional[str] = ..., version: _Optional[int] = ..., instruction: _Optional[str] = ..., patch: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., edits: _Optional[_Union[_struct_pb2.ListValue, _Mapping]] = ..., from_stage: _Optional[str] = ..., until: _Optional[str] = ..., branch: _Optional[str] = ..., expected_head: _Optional[int] = ...) -> None: ...

class RevisionAccepted(_message.Message):
    __slots__ = ("job", "parent", "branch", "from_stage", "told", "unread", "edits", "stages_kept", "stages_made")
    JOB_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    FROM_STAGE_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    STAGES_KEPT_FIELD_NUMBER: _ClassVar[int]
    STAGES_MADE_FIELD_NUMBER: _ClassVar[int]
    job: Accepted
    parent: int
    branch: str
    from_stage: str
    told: _containers.RepeatedScalarFieldContainer[str]
    unread: _containers.RepeatedScalarFieldContainer[str]
    edits: _struct_pb2.ListValue
    stages_kept: _containers.RepeatedScalarFieldContainer[str]
    stages_made: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, job: _Optional[_Union[Accepted, _Mapping]] = ..., parent: _Optional[int] = ..., branch: _Optional[str] = ..., from_stage: _Optional[str] = ..., told: _Optional[_Iterable[str]] = ..., unread: _Optional[_Iterable[str]] = ..., edits: _Optional[_Union[_struct_pb2.ListValue, _Mapping]] = ..., stages_kept: _Optional[_Iterable[str]] = ..., stages_made: _Optional[_Iterable[str]] = ...) -> None: ...

class BriefRequest(_message.Message):
    __slots__ = ("prompt", "options")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    options: _struct_pb2.Struct
    def __init__(self, prompt: _Optional[str] = ..., options: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class BriefAnswer(_message.Message):
    __slots__ = ("brief",)
    BRIEF_FIELD_NUMBER: _ClassVar[int]
    brief: _struct_pb2.Struct
    def __init__(self, brief: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("type", "title", "status", "detail", "code", "field", "value", "allowed")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str
    value: str
    allowed: str
    def __init__(self, type: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[int] = ..., detail: _Optional[str] = ..., code: _Optional[str] = ..., field: _Optional[str] = ..., value: _Optional[str] = ..., allowed: _Optional[str] = ...) -> None: ...
