# The only list of commands; .ci/run calls the same ones.

.PHONY: demo test traces attack soak deps mutants mutants-diff fmt lint doc deny openapi openapi-lint clients fuzz bench bench-service country rolling

# Start the service with the demonstration registry.
demo:
	cargo run -- demo

# Where tests make their folders: in memory where a few gigabytes are free, for they make a database each, and nobody keeps it.
MEMORY = $(shell [ "$$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] 2>/dev/null && echo TMPDIR=/dev/shm)

# Install what the tests need, then run all of them; nothing may be left out.
test: deps
	$(MEMORY) HAVRE_TEST_ALL=1 cargo test --workspace

# The tests of traces, of a program that is built with them: it builds nearly all crates anew, beside those of `make test`.
traces:
	HAVRE_TEST_ALL=1 cargo test -p api --features traces --target-dir target/traces --test havre_tests running::spans

# What one insider can do under the default quotas, ten times as hard as `make test` tries; prints how far each came.
attack: deps
	HAVRE_ATTACK=long HAVRE_TEST_ALL=1 cargo test -p api --test havre_tests attack:: -- --nocapture

# What is promised, held by three instances under 200 clients while they, PostgreSQL and Redis are killed, paused and filled: some ten minutes; `make
# test` has a short form of it.
soak: deps
	HAVRE_SOAK=long HAVRE_TEST_ALL=1 cargo test -p api --test havre_tests chaos:: -- --nocapture --test-threads=1

# The servers that tests start for themselves, on free ports and in temporary folders.
deps:
	@missing=""; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v redis-server >/dev/null 2>&1 || missing="$$missing redis-server"; \
	[ -x /usr/bin/aiosmtpd ] || command -v aiosmtpd >/dev/null 2>&1 || missing="$$missing python3-aiosmtpd"; \
	/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || missing="$$missing python3-prometheus-client"; \
	[ -x /usr/bin/chromedriver ] || command -v chromedriver >/dev/null 2>&1 || missing="$$missing chromium chromium-driver"; \
	command -v npm >/dev/null 2>&1 || missing="$$missing npm"; \
	python3 -c 'import ensurepip' >/dev/null 2>&1 || missing="$$missing python3-venv"; \
	if [ -z "$$missing" ]; then :; elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	else \
		echo "The tests need:$$missing. Install it, such as by: sudo apt-get install$$missing" >&2; exit 1; \
	fi
	@[ -s target/tools/axe.min.js ] || { mkdir -p target/tools && cd target/tools \
		&& npm pack --silent axe-core@4.14.1 >/dev/null && tar -xzOf axe-core-4.14.1.tgz package/axe.min.js > axe.min.js; }
	@[ -d target/tools/oidc/node_modules/oidc-provider ] || { mkdir -p target/tools/oidc && cd target/tools/oidc \
		&& npm install --silent --no-save --no-package-lock --prefix . oidc-provider@9.13.3 >/dev/null; }
	@[ -d target/tools/webhooks/node_modules/standardwebhooks ] || { mkdir -p target/tools/webhooks && cd target/tools/webhooks \
		&& npm install --silent --no-save --no-package-lock --prefix . standardwebhooks@1.1.0 >/dev/null; }
	@[ -x target/tools/webhooks/venv/bin/python ] || { python3 -m venv target/tools/webhooks/venv \
		&& target/tools/webhooks/venv/bin/pip install --quiet standardwebhooks==1.1.0; }

# Mutants of what decides, and the tests that reach them, on SQLite: the K-th of N parts, each some hour on two cores, such as
# make mutants SHARD=3/24; or those of a change alone, such as make mutants DIFF=change.patch. What may live stands in tests/MUTANTS.md.
SHARD ?= 0/24
MUTANTS = CARGO_TARGET_DIR=$(CURDIR)/target cargo mutants --output target $(if $(DIFF),--in-diff $(DIFF),--shard $(SHARD) --sharding round-robin)
OF_MATCHER = -p matcher -f matcher/src/rules.rs -f matcher/src/score.rs -f matcher/src/rank.rs
OF_API = -p api -f 'api/src/commands/*.rs' -f 'api/src/domain/*.rs'
mutants:
	@command -v cargo-mutants >/dev/null 2>&1 || cargo install cargo-mutants --version 27.1.0 --locked
	$(MUTANTS) $(OF_MATCHER) -- --test engine -- golden worked_example relaxations properties index::any index::it_holds
	$(MUTANTS) $(OF_API) -- --test havre_tests -- ::sqlite

# The mutants of the last commit, where they are few enough to be a matter of minutes.
mutants-diff:
	@git rev-parse --verify --quiet HEAD~1 >/dev/null || { echo "Left out: there is no commit before the last (a shallow clone?)."; exit 0; }; \
	mkdir -p target && git diff HEAD~1 -- api/src/commands api/src/domain matcher/src > target/change.patch || exit 1; \
	if [ ! -s target/change.patch ]; then echo "The last commit changes nothing that mutants are made of."; exit 0; fi; \
	command -v cargo-mutants >/dev/null 2>&1 || cargo install cargo-mutants --version 27.1.0 --locked || exit 1; \
	count=$$(cargo mutants --list --in-diff target/change.patch $(OF_MATCHER) $(OF_API) | wc -l); \
	echo "The last commit has $$count mutants."; \
	if [ "$$count" -gt 4 ]; then echo "That takes longer than minutes: make mutants DIFF=target/change.patch"; \
	elif [ "$$count" -gt 0 ]; then $(MAKE) --no-print-directory mutants DIFF=target/change.patch; fi

fmt:
	cargo fmt --all -- --check

lint:
	cargo clippy --workspace --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Licences, bans and sources of everything that comes into the binary.
deny:
	@command -v cargo-deny >/dev/null 2>&1 || cargo install cargo-deny --version 0.20.2 --locked
	cargo deny check licenses bans sources

# Write the OpenAPI document anew from the code.
openapi:
	cargo run --quiet -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json

# Lint the OpenAPI document with Spectral and Redocly (needs npm and its registry).
openapi-lint:
	cd "$$(mktemp -d)" && printf 'extends: ["spectral:oas"]\n' > .spectral.yaml \
		&& npm install --silent --no-save @stoplight/spectral-cli@6 @redocly/cli@2 \
		&& npx spectral lint --fail-severity=warn --ruleset .spectral.yaml $(CURDIR)/openapi/openapi.json \
		&& npx redocly lint --extends recommended $(CURDIR)/openapi/openapi.json

# Generate clients from the OpenAPI document in four languages, compile them and run each through the whole loop against a demo of its own; says
# what is missing (tests/clients/README.md). Such as: make clients CLIENTS="python java".
clients:
	python3 tests/clients/run.py $(CLIENTS)

# Fuzz a demo as each role, with so many examples an operation (the tool comes from PyPI; it cannot read an answer without end). Such as: make fuzz EXAMPLES=300 ROLES="referent provider".
SCHEMATHESIS = 4.32.5
EXAMPLES ?= 100
ROLES ?= referent provider regulator coordinator partner auditor administrator
FUZZ = target/fuzz-$(SCHEMATHESIS)
fuzz:
	@[ -x $(FUZZ)/bin/schemathesis ] || { python3 -m venv $(FUZZ) && $(FUZZ)/bin/pip install --quiet schemathesis==$(SCHEMATHESIS); }
	@cargo build --quiet --bin havre
	@sed -E '/^\[quotas/,/^\[unusual/ s/^(account|organisation) = .*/\1 = 1000000/' matcher/policy/default.toml > $(FUZZ)/policy.toml
	@HAVRE_RATE_LIMITS=off HAVRE_POLICY=$(FUZZ)/policy.toml HAVRE_BIND=127.0.0.1:0 target/debug/havre demo > $(FUZZ)/demo.txt 2> $(FUZZ)/demo.log & demo=$$!; trap 'kill $$demo' EXIT; \
	while ! grep -q "Stop with" $(FUZZ)/demo.txt; do kill -0 $$demo || { cat $(FUZZ)/demo.log >&2; exit 1; }; sleep 0.2; done; \
	base=$$(sed -n 's|.*OpenAPI: \(.*\)/api/v1/openapi.json|\1|p' $(FUZZ)/demo.txt); \
	for role in $(ROLES); do \
		echo "== as $$role"; \
		$(FUZZ)/bin/schemathesis run "$$base/api/v1/openapi.json" --max-examples $(EXAMPLES) --suppress-health-check=too_slow --exclude-operation-id streamEvents \
			-H "Authorization: Bearer $$(sed -n "s/^$$role: //p" $(FUZZ)/demo.txt)" || exit 1; \
	done

# The engine against its peers: installs them, measures all in one run, writes matcher/benches/RESULTS.md. Such as: make bench SIZES="1000 10000".
bench:
	python3 matcher/benches/bench.py $(if $(SIZES),--sizes $(SIZES))

# The service against its peers: installs wrk and PostgreSQL, builds this tree and the commit before (BASE=COMMIT for another), measures all in
# one run, writes api/benches/RESULTS.md. Such as: make bench-service ARGS="--quick".
bench-service:
	python3 api/benches/service/bench.py $(if $(BASE),--base $(BASE)) $(ARGS)

# A day of France in ten minutes on three instances, with accounts of every role; writes api/benches/COUNTRY.md. Such as: make country ARGS="--for 1m".
country: deps
	python3 api/benches/service/country.py $(ARGS)

# Three instances of an older program are replaced by this one under load. Such as: make rolling BASE=COMMIT ARGS="--for 2m".
rolling: deps
	python3 api/benches/service/rolling.py $(if $(BASE),--base $(BASE)) $(ARGS)
