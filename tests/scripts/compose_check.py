"""Holds the compose files to what they promise, as far as reading them can: compose_check.py PROJECT"""

import pathlib
import re
import sys

import yaml

project = pathlib.Path(sys.argv[1])
faults = []


def expect(condition, text):
    if not condition:
        faults.append(text)


def resolve(text, variables):
    """${NAME} and ${NAME:-default}, all that the files use: what every compose understands alike."""
    others = re.sub(r"\$\{[A-Z_]+(:-[^{}$]+)?\}", "", text)
    expect("$" not in others, f"a variable in a way that not every compose understands: {others[others.find('$'):][:30]}")
    return re.sub(
        r"\$\{([A-Z_]+)(?::-([^{}$]+))?\}",
        lambda found: variables.get(found[1]) or found[2] or "",
        text,
    )


def load(name, variables):
    return yaml.safe_load(resolve((project / name).read_text(), variables))


def check_hardening(name, service):
    expect("ALL" in service.get("cap_drop", []), f"{name} keeps capabilities")
    expect("no-new-privileges:true" in service.get("security_opt", []), f"{name} may gain privileges")
    expect(service.get("read_only") or name == "rabbitmq", f"{name} can write to its root")
    expect("mem_limit" in service, f"{name} has no limit of memory")
    expect(not service.get("privileged") and service.get("network_mode") != "host", f"{name} is privileged")
    expect("container_name" not in service, f"{name} cannot be scaled")


def check_life(name, service):
    one_shot = name in ("migrate", "prometheus-config")
    expect(service.get("restart") == ("no" if one_shot else "unless-stopped"), f"{name} restarts otherwise")
    expect(one_shot or "test" in service.get("healthcheck", {}), f"{name} has no health check")


def check_ports(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    expect(published == {
        "api": ["0.0.0.0:8000:8000"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "grafana": ["127.0.0.1:3000:3000"],
    }, f"other ports are published: {published}")


def check_order(services):
    def waits(name):
        return {other: how["condition"] for other, how in services[name].get("depends_on", {}).items()}

    expect(waits("migrate") == {"db": "service_healthy"}, "migrate does not wait for the database")
    for role in ("api", "relay", "worker"):
        expect(waits(role).get("migrate") == "service_completed_successfully", f"{role} does not wait for the schema")
        expect("service_healthy" not in waits(role).values(), f"{role} cannot come up without RabbitMQ")
    expect(waits("prometheus") == {"prometheus-config": "service_completed_successfully"},
           "prometheus does not wait for its configuration")


def check_volumes(content):
    used = set()
    for name, service in content["services"].items():
        for mount in service.get("volumes", []):
            source, target, *mode = mount.split(":")
            if source.startswith("."):
                expect(mode == ["ro"], f"{name} can write to {source}")
            else:
                used.add(source)
    expect(used == set(content["volumes"]), f"volumes are {sorted(content['volumes'])}, used are {sorted(used)}")
    for name, target in (("db", "/var/lib/postgresql/data"), ("rabbitmq", "/var/lib/rabbitmq")):
        expect(f"{name}-data:{target}" in content["services"][name]["volumes"], f"{name} forgets its data")


def check_system(example):
    content = load("docker-compose.yml", example)
    services = content["services"]
    expect(set(services) == {"db", "rabbitmq", "migrate", "api", "relay", "worker", "prometheus-config", "prometheus",
                             "grafana"}, f"the services are {sorted(services)}")
    expect(load("docker-compose.yml", {}) == content, "without .env it is another system than with .env.example")
    for name, service in services.items():
        check_hardening(name, service)
        check_life(name, service)
    check_ports(services)
    check_order(services)
    check_volumes(content)
    for role in ("api", "relay", "worker"):
        expect(not {"APP_PORT", "METRICS_PORT"} & set(services[role]["environment"]), f"{role} listens elsewhere")
    more = load("docker-compose.yml", example | {"RELAY_REPLICAS": "2", "WORKER_REPLICAS": "3"})["services"]
    replicas = {name: service["deploy"]["replicas"] for name, service in more.items() if "deploy" in service}
    expect(replicas == {"relay": "2", "worker": "3"}, f"the replicas are {replicas}")


def check_tests():
    services = load("docker-compose-test.yml", {})["services"]
    expect(not [name for name, service in services.items() if "ports" in service], "the tests publish ports")
    expect("./coverage:/coverage" in services["tests"]["volumes"], "the tests leave no coverage report")
    expect(services["tests"]["environment"]["COVERAGE_DIR"] == "/coverage", "the report goes elsewhere")
    expect(set(services["tests"]["depends_on"]) == set(services) - {"tests"}, "the tests do not bring up everything")
    # The first container that ends would end the whole run.
    expect(not [name for name, service in services.items() if service.get("restart") == "no"], "a service ends")
    system = load("docker-compose.yml", {})["services"]
    expect(not set(services) & set(system), "the tests' services are named like the system's")


def read_env(name):
    lines = re.findall(r"^([A-Z_]+)=(.*)$", (project / name).read_text(), flags=re.MULTILINE)
    return dict(lines)


check_system(read_env(".env.example"))
check_tests()
for fault in faults:
    print(f"error: {fault}", file=sys.stderr)
sys.exit(1 if faults else 0)
