"""The finalization stage: deliverables to verdict, report and bundle."""

import time

from contracts.artifacts import Artifact
from contracts.context import Context, FinalizationSection
from contracts.pipeline import Stage
from contracts.report import Report, Verdict
from services.qa import provenance
from services.qa import report as documents
from services.qa.asked import asked_of
from services.qa.checks import Findings, examine
from services.qa.delivered import Delivered, from_context
from services.qa.page import render_page
from services.qa.retry import plan_retry
from services.qa.signing import operators_signer
from services.runtime.workbench import Workbench


def _verdict(findings: Findings, context: Context) -> Verdict:
    retry = None if findings.passed else plan_retry(findings.checks, context)
    return Verdict(passed=findings.passed, attempt=context.attempt, checks=findings.checks, retry=retry)


def _judged(context: Context, verdict: Verdict) -> Context:
    """The context with its verdict, the retry and a decision in a musician's words."""
    earlier = context.finalization
    history = (*earlier.history, earlier.verdict) if earlier else ()
    retries = (*context.retries, verdict.retry) if verdict.retry else context.retries
    failed = [check.name for check in verdict.checks if not check.passed]
    if verdict.passed:
        choice, why = "released", f"all {len(verdict.checks)} checks passed"
    elif verdict.retry:
        choice, why = f"sent back to {verdict.retry.to_stage}", "; ".join(verdict.retry.reasons)
    else:
        choice, why = "kept as failed", f"still failing after {context.attempt} attempts: {', '.join(failed)}"
    judged = context.model_copy(update={"finalization": FinalizationSection(verdict=verdict, history=history), "retries": retries})
    changes = verdict.retry.changes if verdict.retry else {}
    return judged.decide(Stage.FINALIZATION, "quality check", choice, why, **changes)


def _key(context: Context, name: str) -> str:
    return f"compositions/{context.composition_id}/jobs/{context.job_id}/final/{context.seq}-{context.attempt}/{name}"


def _bundle(context: Context, report: Report, findings: Findings, delivered: Delivered, bench: Workbench) -> Context:
    """Store report, page, context and manifest, and name them among the artifacts."""
    artifacts = dict(context.artifacts)

    def store(name: str, data: bytes) -> Artifact:
        artifacts[name] = bench.objects.put_bytes(_key(context, name), data, documents.media_type(name))
        return artifacts[name]

    store(documents.REPORT, report.to_json())
    store(documents.PAGE, render_page(report, context, delivered.score, findings))
    store(documents.CONTEXT, context.to_json())
    named = context.model_copy(update={"artifacts": artifacts})
    store(provenance.NAME, provenance.build_provenance(named, operators_signer()).to_json())
    store(documents.MANIFEST, documents.build_manifest(named.model_copy(update={"artifacts": artifacts})).to_json())
    return context.model_copy(update={"artifacts": artifacts})


def finalize(context: Context, bench: Workbench) -> Context:
    """Check the delivered files against what was asked; pass the song, send it back, or report what failed for good.

    The bundle (report.json, report.html, context.json, manifest.json) is made for a song that stays: one that passed, or
    one that failed in its last round. Raises BadInput where a stage before has not been passed.
    """
    began, now = time.perf_counter(), time.time()
    bench.progress(0.0, "Listening to the finished record")
    delivered = from_context(context, bench.objects)
    findings = examine(delivered, asked_of(context, delivered.score))
    verdict = _verdict(findings, context)
    judged = _judged(context, verdict)
    passed = sum(check.passed for check in verdict.checks)
    bench.progress(0.6, f"{passed} of {len(verdict.checks)} checks passed")
    if verdict.retry is not None:
        return judged
    own_s = time.perf_counter() - began
    report = documents.build_report(context, verdict, findings.informed, max(now - context.created_at, 0.0) + own_s, own_s)
    bundled = _bundle(judged, report, findings, delivered, bench)
    bench.progress(1.0, "Report written")
    return bundled
