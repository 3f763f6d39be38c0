# Targets that test, measure and check.
.PHONY: check-build lint-format lint-includes lint-static

E2E := $(wildcard tests/e2e/*_e2e.py)

check:
	@tools/install-deps --tests
	@$(MAKE) --no-print-directory -j2 FLAVOUR=check build/check/hotlined build/check/hotlinectl check-units
	@tools/check build/check
check-units: $(UNIT_BIN) $(BUILD)/sim/walk_test $(BUILD)/atlas_page
# What the end-to-end test of the pages with a map makes them with, of JSON of its own.
$(BUILD)/atlas_page: tests/e2e/atlas_page.c $(call objs,atlas) $(call objs,base)
	$(say)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LINK_$(FLAVOUR)) $(LIBS)
.PHONY: check-units

PAGES := docs/man/hotlined.conf.5 docs/man/hotlined-profile.5
lint:
	@tools/install-deps --tests
	@echo "format"; clang-format --dry-run -Werror $(shell git ls-files 'src/*.[ch]' 'tests/*.[ch]')
	@echo "include rules"; tools/lint-includes
	@echo "hygiene"; tools/lint-hygiene
	@echo "reference of the configuration"; $(MAKE) --no-print-directory -s all; \
	    build/release/hotlinectl reference | diff -u docs/configuration.md - || { echo "run make docs"; exit 1; }; \
	    for p in $(PAGES); do tools/man-reference $$p.in <docs/configuration.md | diff -u $$p - || \
	    { echo "run make docs"; exit 1; }; done
	@echo "the example, and the drawing of its dialogue"; tools/check-example build/release docs/dialogue.md
	@echo "manual pages"; for f in docs/man/*.[158]; do \
	    out=$$(man --warnings -E UTF-8 -l -Tutf8 -Z $$f 2>&1 >/dev/null); [ -z "$$out" ] || { echo "$$f: $$out"; exit 1; }; done
	@echo "cppcheck"; cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
	    --suppress=missingIncludeSystem --suppress=nullPointerOutOfMemory --std=c11 -Isrc -j2 src
	@echo "clang-tidy (flags: compile_flags.txt)"; git ls-files 'src/*.c' | xargs -P2 -n6 clang-tidy --quiet 2>/dev/null

docs: all
	$(BUILD)/hotlinectl reference >docs/configuration.md
	for p in $(PAGES); do tools/man-reference $$p.in <docs/configuration.md >$$p; done
	tools/check-example --draw $(BUILD) docs/dialogue.md
.PHONY: docs

run: all
	@tools/install-deps --run
	@tools/run-demo $(RUN_ARGS)

# A hundred rounds of load and kill -9: from one minute to fifteen, by the speed of the disk. The result is in docs/robustness.md.
crash: all
	@HOTLINED_BUILD=build/release python3 tests/e2e/crash.py --rounds $(or $(ROUNDS),100)

# Rounds and seconds: make bench BENCH_ARGS="--rounds 3 --seconds 3". The result is in docs/benchmarks.md.
bench: all $(BUILD)/bench/baseline $(BUILD)/bench/step $(BUILD)/bench/place bench-route
	@tools/install-deps --bench
	@python3 tests/bench/run.py --build $(BUILD) $(BENCH_ARGS)
	@$(BUILD)/bench/step conf/hotlined.conf
	@$(BUILD)/bench/place conf/places 14 tests/data/places.tsv $(COUNTRY)
	@$(BUILD)/hotlinectl profile time conf/aggregators/*.conf tests/vectors/aggregators.jsonl
# Routing over a province with 300 hosts, and over a country; how long that takes to load, and who waits for it.
bench-route: all $(BUILD)/bench/route $(BUILD)/bench/uses $(BUILD)/bench/baseline
	@rm -rf $(BUILD)/bench/province $(BUILD)/bench/country
	@python3 tests/bench/make_network.py $(BUILD)/bench/province --hosts 300 --people 1200
	@python3 tests/bench/make_network.py $(BUILD)/bench/country --hosts 5000 --people 20000 --communes 3321
	@$(BUILD)/bench/route $(BUILD)/bench/province/hotlined.conf
	@$(BUILD)/bench/route $(BUILD)/bench/country/hotlined.conf 20
	@rm -rf $(BUILD)/bench/store && mkdir -p $(BUILD)/bench/store
	@$(BUILD)/bench/uses conf/hotlined.conf $(BUILD)/bench/store && rm -r $(BUILD)/bench/store
	@python3 tests/bench/reload.py --build $(BUILD)
.PHONY: bench-route
$(BUILD)/bench/step $(BUILD)/bench/place $(BUILD)/bench/route $(BUILD)/bench/uses: $(BUILD)/bench/%: tests/bench/%.c tests/bench/times.h $(ALL_OBJS)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS_ALL) -Itests -o $@ $< $(ALL_OBJS) $(LINK_$(FLAVOUR)) $(LIBS)
$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS_ALL) -o $@ $< $(LINK_$(FLAVOUR)) $(LIBS)

# Routing against its reference over 100,000 random networks and requests; `make check` does 4,000.
routing-reference: $(BUILD)/unit/routing_brute_test
	@ROUTING_ROUNDS=$(or $(ROUNDS),100000) $<
.PHONY: routing-reference

# The end-to-end tests on a build that watches for data races.
thread:
	@tools/install-deps --tests
	@$(MAKE) --no-print-directory -j2 FLAVOUR=thread build/thread/hotlined build/thread/hotlinectl
	@HOTLINED_BUILD=build/thread TSAN_OPTIONS="suppressions=tests/tsan.supp" \
	    python3 tests/e2e/run.py '[!crs]*_e2e.py'
.PHONY: thread
