#!/usr/bin/env python3
"""Generates clients from openapi/openapi.json, compiles them, and runs each through the whole loop against a demo of its own.

usage: run.py [python] [fetch] [hey] [java] [rust]     all of them where none is named
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/clients"
WORK = ROOT / "target/clients"
DOCUMENT = ROOT / "openapi/openapi.json"

# What generates and checks, each at a version that was tried.
PYPI = ["openapi-python-client==0.29.1", "openapi-generator-cli==7.26.0", "mypy==2.4.1"]
NPM = [
    "openapi-typescript@7.13.0",
    "openapi-fetch@0.17.0",
    "@hey-api/openapi-ts@0.95.0",
    "typescript@5.9.3",
    "esbuild@0.28.2",
    "@types/node@20.19.43",
]
JARS = pathlib.Path("/usr/share/java")
JACKSON = ["jackson-annotations", "jackson-core", "jackson-databind", "jakarta-annotation-api"]

ON_JSR310 = ["RFC3339InstantDeserializer.java", "RFC3339JavaTimeModule.java"]

# How long a demo may take to listen, and anything else to end.
START_S = 120
STEP_S = 1800


class Missing(Exception):
    """Something is not installed; says how to have it."""


def run(*command, cwd=ROOT, env=None):
    """Runs a command quietly; what it said is shown where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=STEP_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def need(program, package):
    if shutil.which(program) is None:
        raise Missing(f"{program} is missing: apt-get install {package}")


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def is_installed(folder, wanted):
    """Whether a folder holds just this; else it is made anew and, once it is filled, marked."""
    mark = folder / "installed.txt"
    return mark.is_file() and mark.read_text() == "\n".join(wanted)


def python_tools():
    tools = WORK / "py"
    if not is_installed(tools, PYPI):
        fresh(tools)
        run(sys.executable, "-m", "venv", tools)
        run(tools / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PYPI)
        (tools / "installed.txt").write_text("\n".join(PYPI))
    return tools


def node_tools():
    need("npm", "npm")
    tools = WORK / "js"
    if not is_installed(tools, NPM):
        fresh(tools)
        (tools / "package.json").write_text('{"private": true, "type": "module"}\n')
        run("npm", "install", "--silent", "--no-fund", "--no-audit", "--save-exact", *NPM, cwd=tools)
        (tools / "installed.txt").write_text("\n".join(NPM))
    return tools


def generator_jar():
    need("java", "default-jdk-headless")
    return next(python_tools().glob("lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar"))


def generate(language, out, *options):
    run("java", "-jar", generator_jar(), "generate", "-i", DOCUMENT, "-g", language, "-o", fresh(out), *options)


def python():
    """What runs the client, as a command."""
    tools = python_tools()
    out = fresh(WORK / "python")
    said = run(tools / "bin/openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", out, "--overwrite")
    # It goes on where it cannot express a schema, and leaves out whatever needs it.
    if "Unable to" in said or "Failure to" in said:
        raise RuntimeError(said)
    shutil.copy(HERE / "python/loop.py", out)
    run(tools / "bin/mypy", "--strict", "--follow-imports=silent", "loop.py", cwd=out)
    return [tools / "bin/python", out / "loop.py"]


def typescript(out, program):
    tools = node_tools()
    shutil.copy(HERE / "typescript" / program, out)
    options = ["--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--types", "node"]
    sources = [str(source) for source in out.rglob("*.ts") if not source.name.endswith(".d.ts")]
    # Bundlers resolve imports without an extension; Node runs one file of it all.
    run("npx", "tsc", "--noEmit", *options, *sources, cwd=tools)
    bundle = out / "loop.mjs"
    run("npx", "esbuild", out / program, "--bundle", "--platform=node", "--format=esm", f"--outfile={bundle}", cwd=tools)
    return ["node", bundle]


def fetch():
    out = fresh(node_tools() / "fetch")
    run("npx", "openapi-typescript", DOCUMENT, "-o", out / "schema.d.ts", cwd=node_tools())
    return typescript(out, "fetch.ts")


def hey():
    out = fresh(node_tools() / "hey")
    plugins = ["-p", "@hey-api/client-fetch", "-p", "@hey-api/typescript", "-p", "@hey-api/sdk"]
    run("npx", "openapi-ts", "-i", DOCUMENT, "-o", out / "client", *plugins, cwd=node_tools())
    return typescript(out, "hey.ts")


def java():
    need("javac", "default-jdk-headless")
    jars = [JARS / f"{name}.jar" for name in JACKSON]
    absent = [jar.name for jar in jars if not jar.exists()]
    if absent:
        raise Missing(f"{', '.join(absent)} is missing: apt-get install libjackson2-databind-java libjakarta-annotation-api-java")
    out = WORK / "java"
    options = "openApiNullable=false,useJakartaEe=true,hideGenerationTimestamp=true,useSingleRequestParameter=true"
    generate("java", out, "--library", "native", f"--additional-properties={options}")
    path = ":".join(str(jar) for jar in jars)
    # Debian has no jackson-datatype-jsr310: the two files in `debian` stand in for it and for what is made on it.
    generated = [source for source in (out / "src/main/java").rglob("*.java") if source.name not in ON_JSR310]
    sources = [*generated, *(HERE / "java").rglob("*.java")]
    classes = fresh(out / "classes")
    run("javac", "-nowarn", "-d", classes, "-cp", path, *sources)
    return ["java", "-cp", f"{classes}:{path}", "Loop"]


def rust():
    need("cargo", "cargo")
    out = WORK / "rust"
    generate("rust", out / "client", "--additional-properties=packageName=havre-client,useSingleRequestParameter=true")
    shutil.copytree(HERE / "rust", out / "loop", dirs_exist_ok=True)
    run("cargo", "build", "--quiet", cwd=out / "loop", env={"CARGO_TARGET_DIR": str(WORK / "rust-target")})
    return [WORK / "rust-target/debug/havre-loop"]


CLIENTS = {client.__name__: client for client in (python, fetch, hey, java, rust)}


@contextlib.contextmanager
def demo(folder):
    """A demo on a free port: its address, and a token for each role."""
    said = folder / "demo.txt"
    with said.open("w") as out, (folder / "demo.log").open("w") as log:
        server = subprocess.Popen(
            [ROOT / "target/debug/havre", "demo"], stdout=out, stderr=log, env={**os.environ, "HAVRE_BIND": "127.0.0.1:0"}
        )
    try:
        since = time.monotonic()
        while "Stop with Ctrl-C" not in said.read_text():
            if server.poll() is not None or time.monotonic() - since > START_S:
                raise RuntimeError(f"the demo does not start: {(folder / 'demo.log').read_text()}")
            time.sleep(0.1)
        lines = said.read_text().splitlines()
        base = next(line for line in lines if "OpenAPI: " in line).split("OpenAPI: ")[1].removesuffix("/api/v1/openapi.json")
        roles = ["referent", "provider", "regulator", "coordinator", "partner", "auditor", "administrator"]
        yield base, {role: line.split(": ")[1] for line in lines for role in roles if line.startswith(f"{role}: ")}
    finally:
        server.terminate()
        server.wait()


def bodies(base):
    """The examples of the document as it is served, so with today's days: the body of each operation."""
    with urllib.request.urlopen(f"{base}/api/v1/openapi.json") as answer:
        document = json.load(answer)
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    return {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["example"]
        for operation in operations
        if "requestBody" in operation
    }


def main():
    wanted = sys.argv[1:] or list(CLIENTS)
    unknown = [name for name in wanted if name not in CLIENTS]
    if unknown:
        sys.exit(__doc__)
    WORK.mkdir(parents=True, exist_ok=True)
    run("cargo", "build", "--quiet", "--bin", "havre")
    failed = 0
    for name in wanted:
        begun = time.monotonic()
        try:
            command = CLIENTS[name]()
            folder = fresh(WORK / f"demo-{name}")
            with demo(folder) as (base, tokens):
                (folder / "bodies.json").write_text(json.dumps(bodies(base), ensure_ascii=False))
                env = {"HAVRE_BASE": base, "HAVRE_BODIES": str(folder / "bodies.json")}
                env |= {f"HAVRE_{role.upper()}": token for role, token in tokens.items()}
                said = run(*command, env=env).strip().splitlines()
            print(f"{name}: {said[-1]} ({time.monotonic() - begun:.0f} s)", flush=True)
        except Missing as missing:
            failed += 1
            print(f"{name}: left out, {missing}", flush=True)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"{name}: FAILED\n{error}", flush=True)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
