"""Container files: valid, and running the very commands that the tests run as processes."""

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.pipeline import SERVICES

INFRA = Path(__file__).parents[2] / "infra"
MANIFESTS = sorted(path for path in (INFRA / "k8s/base").glob("*.yaml") if path.name != "kustomization.yaml")


def documents(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


def all_documents() -> list[dict[str, Any]]:
    return [one for path in MANIFESTS for one in documents(path)]


COMPONENT = INFRA / "k8s/components/own"


@pytest.mark.parametrize("path", [*MANIFESTS, COMPONENT / "volume.yaml"], ids=lambda path: path.name)
def test_manifest_is_valid_kubernetes(path: Path) -> None:
    """Every manifest passes the strict schema of a current Kubernetes."""
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_one_deployment_per_service_and_the_neural_worker_apart() -> None:
    """GPU generators scale apart from CPU work."""
    deployments = {one["metadata"]["name"]: one for one in all_documents() if one["kind"] == "Deployment"}
    assert set(deployments) == {*SERVICES, "generator-neural"}
    neural = deployments["generator-neural"]["spec"]["template"]["spec"]["containers"][0]
    assert neural["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_containers_run_the_command_that_the_launcher_runs() -> None:
    """`houseband serve NAME` is the one way to start a service."""
    for one in all_documents():
        if one["kind"] == "Deployment":
            container = one["spec"]["template"]["spec"]["containers"][0]
            assert container["command"] == ["houseband", "serve", container["name"]]
            assert container["name"] in SERVICES


def test_kustomization_names_every_manifest() -> None:
    """Nothing is left out of the base."""
    kustomization = yaml.safe_load((INFRA / "k8s/base/kustomization.yaml").read_text("utf-8"))
    assert sorted(kustomization["resources"]) == [path.name for path in MANIFESTS]


def test_nats_runs_with_the_same_configuration_everywhere() -> None:
    """Compose and Kubernetes share the broker's settings, which a real server accepts."""
    from houseband.launcher import find_broker

    shared = (INFRA / "nats/nats.conf").read_text("utf-8")
    config = next(one["data"]["nats.conf"] for one in all_documents() if one["metadata"]["name"] == "nats" and one["kind"] == "ConfigMap")
    assert [line for line in shared.splitlines() if not line.strip().startswith("#")] == config.splitlines()
    done = subprocess.run([find_broker(), "-t", "-c", str(INFRA / "nats/nats.conf")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_compose_builds_every_service_with_its_own_lock() -> None:
    """The SERVICE argument names a lock that exists."""
    compose = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
    built = {name: one["build"]["args"]["SERVICE"] for name, one in compose["services"].items() if "build" in one}
    assert set(SERVICES) <= set(built)
    assert all((INFRA / "locks" / f"{service}.txt").exists() for service in built.values())


def test_the_settings_in_the_manifests_are_read() -> None:
    """Every HOUSEBAND_ variable of a deployment is a setting of that service, with a value that it accepts."""
    common = next(one["data"] for one in all_documents() if one["metadata"]["name"] == "houseband" and one["kind"] == "ConfigMap")
    for one in all_documents():
        if one["kind"] != "Deployment":
            continue
        container = one["spec"]["template"]["spec"]["containers"][0]
        module = importlib.import_module(f"services.{container['name']}.settings")
        kind = next(value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__)
        given = common | {entry["name"]: entry["value"] for entry in container["env"]}
        ours = {name: value for name, value in given.items() if name.startswith("HOUSEBAND_")}
        assert {name.removeprefix("HOUSEBAND_").lower() for name in ours} <= set(kind.model_fields), container["name"]
        done = subprocess.run(
            [sys.executable, "-c", f"import {module.__name__} as m; m.{kind.__name__}()"], env={**os.environ, **ours}, check=False
        )
        assert done.returncode == 0


def test_every_setting_is_listed_and_reaches_every_service() -> None:
    """settings.env is what `python infra/list_settings.py` writes, nothing in it is set, and Kubernetes and Compose give it to all."""
    spec = importlib.util.spec_from_file_location("list_settings", INFRA / "list_settings.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    listed = module.TARGET.read_text("utf-8")
    assert listed == module.listed(), "run: python infra/list_settings.py"
    assert all(not line or line.startswith("#") for line in listed.splitlines())
    kustomization = yaml.safe_load((INFRA / "k8s/base/kustomization.yaml").read_text("utf-8"))
    [generated] = kustomization["configMapGenerator"]
    assert generated["envs"] == [module.TARGET.name]
    compose = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))["services"]
    for one in all_documents():
        if one["kind"] == "Deployment":
            sources = one["spec"]["template"]["spec"]["containers"][0]["envFrom"]
            assert sources[0] == {"configMapRef": {"name": generated["name"]}}, "what is stated elsewhere wins"
    for name in SERVICES:
        assert [(INFRA / file["path"]).resolve() for file in compose[name]["env_file"]] == [module.TARGET]


def test_the_grpc_door_is_open_where_it_is_said_to_be() -> None:
    """One port in the setting, the container, the probe, the service and in Compose."""
    gateway, service = (
        next(one for one in documents(INFRA / "k8s/base/gateway.yaml") if one["kind"] == kind) for kind in ("Deployment", "Service")
    )
    container = gateway["spec"]["template"]["spec"]["containers"][0]
    port = int(next(entry["value"] for entry in container["env"] if entry["name"] == "HOUSEBAND_GRPC_PORT"))
    assert {"name": "grpc", "containerPort": port} in container["ports"]
    assert container["startupProbe"]["grpc"]["port"] == port
    assert {one["port"] for one in service["spec"]["ports"] if one["targetPort"] == "grpc"} == {port}
    compose = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))["services"]["gateway"]
    assert compose["environment"]["HOUSEBAND_GRPC_PORT"] == str(port)
    assert f"127.0.0.1:{port}:{port}" in compose["ports"]


def test_what_is_the_users_own_reaches_every_service() -> None:
    """Each patch of the component fits each document that it names, and compose mounts folders that are there."""
    component = yaml.safe_load((COMPONENT / "kustomization.yaml").read_text("utf-8"))
    deployments = [one for one in all_documents() if one["kind"] == "Deployment"]
    label = "app.kubernetes.io/part-of"
    assert len(deployments) == len([one for one in deployments if one["metadata"]["labels"][label] == "houseband"]) == len(SERVICES) + 1
    for entry in component["patches"]:
        for step in yaml.safe_load(entry["patch"]):
            *inner, _ = step["path"].strip("/").split("/")
            for target in deployments if entry["target"]["kind"] == "Deployment" else [d for d in all_documents() if "data" in d][:1]:
                place: Any = target
                for key in inner:
                    place = place[int(key)] if isinstance(place, list) else place[key]
                assert isinstance(place, list | dict)
    compose = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
    for name in SERVICES:
        service = compose["services"][name]
        assert any(volume.endswith(":/own:ro") for volume in service["volumes"])
        folders = [value for key, value in service["environment"].items() if value.startswith("/own/")]
        assert folders
        assert all((INFRA / folder.strip("/")).is_dir() for folder in folders)


def test_gateways_beyond_loopback_ask_who_it_is_and_share_what_they_count() -> None:
    """In containers everybody signs in, on PostgreSQL, with limits in one Redis; the settings are such as the gateway opens with."""
    from services.gateway.people.opening import check_settings
    from services.gateway.settings import GatewaySettings

    compose = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))["services"]
    gateway = next(one for one in all_documents() if one["kind"] == "Deployment" and one["metadata"]["name"] == "gateway")
    container = gateway["spec"]["template"]["spec"]["containers"][0]
    in_cluster = {entry["name"]: entry["value"] for entry in container["env"]}
    for given in (compose["gateway"]["environment"], in_cluster):
        ours = {name.removeprefix("HOUSEBAND_").lower(): value for name, value in given.items() if "$" not in str(value)}
        settings = GatewaySettings(**{name: value for name, value in ours.items() if name in GatewaySettings.model_fields})
        check_settings(settings)
        assert (settings.signs_in, settings.limits_store) == (True, "redis://redis:6379")
    assert compose["gateway"]["environment"]["HOUSEBAND_DATABASE_URL"].startswith("postgresql+asyncpg://")
    assert {"secretRef": {"name": "houseband-gateway"}} in container["envFrom"]
    assert gateway["spec"]["replicas"] > 1
