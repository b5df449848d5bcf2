"""Hearing a reference that lies in the object store: from memory where it was heard before, else anew, with its stems."""

from contracts.artifacts import Artifact
from contracts.features import Features
from services.analyzer.remembered import remembered
from services.runtime.stores.describing import file_digest
from services.runtime.workbench import Workbench


def heard_reference(reference: Artifact, bench: Workbench) -> Features:
    """The features of a stored sound file. Raises BadInput on field "reference" for what cannot be heard."""
    from services.analyzer.hearing import hear

    path = bench.objects.local_path(reference)
    return remembered(bench.objects, file_digest(path), "none", lambda: hear(path, bench.progress))
