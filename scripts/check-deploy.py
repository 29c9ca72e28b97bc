"""Checks the deployment files against each other and against their formats. Reports all problems; exits 1 if there are any."""

import json
import re
import sys
from pathlib import Path

import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).resolve().parent.parent
# Set in the environment of the engine, or by make; all others are explained in .env.example.
NOT_IN_ENV_EXAMPLE = {
    "API_TEST_COMMIT",
    "API_TEST_DATE",
    "APITEST_KEYCLOAK_PORT",
    "APITEST_POSTGRES_PORT",
}
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.dev.yml", "deploy/replicas/docker-compose.yml")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?:(:-|:\?)([^}]*))?\}")
# Defaults of server.shutdown.pre_shutdown_delay and grace_period in seconds.
LONGEST_STOP = 27

problems: list[str] = []


def complain(where: str, what: str) -> None:
    problems.append(f"{where}: {what}")


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def variables(of: str) -> set[str]:
    """Returns the names of the variables in a text."""
    return {match[1] for match in VARIABLE.finditer(of)}


def interpolated(of: str) -> str:
    """Replaces variables like compose, those without a default by a word."""
    return VARIABLE.sub(lambda match: match[3] if match[2] == ":-" else "word", of)


def check_compose(path: str) -> None:
    content = interpolated(text(path))
    try:
        compose = PyCompose.from_yaml(content)
        compose.validate()
    except ValueError as error:
        complain(path, str(error))
        return
    document = yaml.safe_load(content)
    if "name" in document:
        complain(path, "docker-compose 1.29 does not support a top-level name")
    services = document["services"]
    for name, service in services.items():
        image = service["image"].rsplit("/", 1)[-1]
        if ":" not in image or image.endswith(":latest"):
            complain(path, f"{name} has an image without a version")
        for other, condition in service.get("depends_on", {}).items():
            # Our image has its own health check.
            has_check = "healthcheck" in services.get(other, {}) or other.startswith("api-test")
            if condition["condition"] == "service_healthy" and not has_check:
                complain(path, f"{name} waits for the health of {other}, which has no health check")
        if name.startswith("api-test") and seconds(service["stop_grace_period"]) <= LONGEST_STOP:
            complain(path, f"{name} is killed before its drain may end")


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def check_environment() -> None:
    """Checks that the variables of docker-compose.yml are explained and reach the configuration."""
    compose, example, config = text("docker-compose.yml"), text(".env.example"), text("deploy/api-test.yaml")
    explained = set(re.findall(r"^#?([A-Z0-9_]+)=", example, re.MULTILINE))
    for name in sorted(variables(compose) - explained - NOT_IN_ENV_EXAMPLE):
        complain(".env.example", f"{name} of docker-compose.yml is missing")
    for name in sorted(explained - variables(compose) - {"COMPOSE_PROJECT_NAME"}):
        complain(".env.example", f"{name} is not read by docker-compose.yml")
    passed = set(yaml.safe_load(interpolated(compose))["services"]["api-test"]["environment"])
    for name in sorted(variables(config) - passed):
        complain("docker-compose.yml", f"{name} of deploy/api-test.yaml is not passed on")
    for name in sorted(passed - variables(config) - {"LOG_FORMAT", "LOG_LEVEL"}):
        complain("docker-compose.yml", f"{name} is passed on, but deploy/api-test.yaml does not read it")


def check_realm() -> None:
    """Checks that the realm has the client and users of the live profile."""
    where = "dev/keycloak/api-test-realm.json"
    realm = json.loads(text(where))
    live = yaml.safe_load(interpolated(text("configs/api-test.live.yaml")))
    clients = {client["clientId"]: client for client in realm["clients"]}
    oidc = live["oidc"]
    if not oidc["issuer"].endswith(f"/realms/{realm['realm']}"):
        complain(where, f"the live profile expects the issuer {oidc['issuer']}")
    for name in {oidc["client_id"], *oidc["allowed_clients"]} - set(clients):
        complain(where, f"the client {name} of the live profile is missing")
    portal = clients.get(oidc["client_id"], {})
    path = live["portal"].get("oidc_redirect_path", "/portal/auth/callback")
    callback = live["server"]["base_url"] + path
    if callback not in portal.get("redirectUris", []):
        complain(where, f"{oidc['client_id']} may not redirect to {callback}")
    if not portal.get("publicClient") or portal.get("attributes", {}).get("pkce.code.challenge.method") != "S256":
        complain(where, f"{oidc['client_id']} is not a public client with PKCE")
    if not clients.get("plexara-cc", {}).get("serviceAccountsEnabled"):
        complain(where, "plexara-cc can't use client credentials")
    if not clients.get("plexara-ac", {}).get("standardFlowEnabled"):
        complain(where, "plexara-ac can't use authorization codes")
    dev = next((user for user in realm["users"] if user["username"] == "dev"), {"credentials": []})
    if not any(credential["value"] == "dev" for credential in dev["credentials"]):
        complain(where, "the user dev with the password dev is missing")


def check_kubernetes() -> None:
    folder = "examples/kubernetes"
    objects = {}
    for path in sorted((ROOT / folder).glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            objects[document["kind"]] = document
    deployment = objects["Deployment"]["spec"]
    pod = deployment["template"]["spec"]
    labels = deployment["template"]["metadata"]["labels"].items()
    container = pod["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    config = objects["ConfigMap"]["data"]["api-test.yaml"]

    secret = set(objects["Secret"]["stringData"])
    if variables(config) != secret:
        complain(folder, f"the configuration and the Secret differ in {sorted(variables(config) ^ secret)}")
    if any(objects["Secret"]["stringData"].values()):
        complain(folder, "the Secret has values; the example is to have none")
    settings = yaml.safe_load(config)
    for name, address in (("http", settings["server"]["address"]), ("metrics", settings["metrics"]["address"])):
        if address != f":{ports.get(name)}":
            complain(folder, f"the port {name} is not the one of the configuration")
    if pod["terminationGracePeriodSeconds"] <= LONGEST_STOP:
        complain(folder, "pods are killed before their drain may end")
    for kind, selector in (
        ("Service", objects["Service"]["spec"]["selector"]),
        ("Deployment", deployment["selector"]["matchLabels"]),
        ("PodDisruptionBudget", objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]),
        ("NetworkPolicy", objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]),
    ):
        if not selector.items() <= labels:
            complain(folder, f"{kind} does not select the pods")
    if deployment["replicas"] != objects["HorizontalPodAutoscaler"]["spec"]["minReplicas"]:
        complain(folder, "the autoscaler begins with another number of replicas")
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/, "restricted"
    security = {**pod["securityContext"], **container["securityContext"]}
    restricted = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for name, value in restricted.items():
        if security.get(name) != value:
            complain(folder, f"securityContext.{name} is not {value}")
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if probe not in container:
            complain(folder, f"there is no {probe}")
    user = re.search(r"^USER (\d+):", text("Dockerfile"), re.MULTILINE)
    if not user or security.get("runAsUser") != int(user[1]):
        complain(folder, "the pods run as another user than the image")


def main() -> int:
    for path in COMPOSE_FILES:
        check_compose(path)
    check_environment()
    check_realm()
    check_kubernetes()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
