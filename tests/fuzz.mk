# Fuzzing with clang's libFuzzer: make fuzz FUZZ_SECONDS=60 runs each target that long.
# What is found is kept as build/fuzz/crash-*; put it into tests/fuzz/corpus/TARGET once it is mended.
.PHONY: fuzz fuzz-build

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
FUZZ_BUILD   := build/fuzz
FUZZ_TARGETS := request profile place dialogue config sheet
FLAGS_fuzz   := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
LINK_fuzz    := -fsanitize=fuzzer,address,undefined
FUZZ_CFLAGS   = $(STD) $(WARN) $(FLAGS_fuzz) -pthread -MMD -MP
FUZZ_OBJS    := $(foreach r,$(ROOMS),$(patsubst src/%.c,$(FUZZ_BUILD)/obj/%.o,$(wildcard src/$(r)/*.c))) $(FUZZ_BUILD)/fuzz.o $(FUZZ_BUILD)/wire.o

$(FUZZ_BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(say)$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<
$(FUZZ_BUILD)/obj/web/assets.o: $(WEB_FILES)
$(FUZZ_BUILD)/obj/atlas/assets.o: $(ATLAS_FILES) $(BUILD)/leaflet/leaflet.css $(BUILD)/leaflet/leaflet.js
$(FUZZ_BUILD)/obj/atlas/assets.o: STD += -Wa,-I$(BUILD)/leaflet
$(FUZZ_BUILD)/%.o: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(say)$(FUZZ_CC) $(FUZZ_CFLAGS) -Itests/fuzz -c -o $@ $<
$(FUZZ_BUILD)/fuzz_%: $(FUZZ_BUILD)/fuzz_%.o $(FUZZ_OBJS)
	$(say)$(FUZZ_CC) $(LINK_fuzz) -o $@ $^ $(LIBS)
-include $(shell find $(FUZZ_BUILD) -name '*.d' 2>/dev/null)

# Secrets for the example configuration; the tokens are a word that a fuzzer can write.
$(FUZZ_BUILD)/secrets: build/release/hotlinectl
	@mkdir -p $@ && chmod 700 $@
	@umask 077; for t in kannel-token africastalking-token; do echo TOKEN > $@/$$t; done
	@build/release/hotlinectl -c conf/hotlined.conf keygen --dir $@ > /dev/null
	@touch $@

# The example's own files are the seeds of the configuration target; the letter says which file it is.
FUZZ_FILES := hhotlined.conf nnetwork/hosts.conf cnetwork/collaborators.conf enetwork/endpoints.conf \
    pnetwork/policy.conf ddialogue/main.conf wdialogue/lexicon.conf llang/vi.conf aaggregators/africastalking.conf kaggregators/kannel.conf \
    uplaces/units-2025.csv fplaces/former-units-2021-2025.csv xplaces/aliases.csv
fuzz-seeds: build/release/hotlinectl
	@mkdir -p $(FUZZ_BUILD)/seeds/config $(FUZZ_BUILD)/seeds/profile
	@cp conf/aggregators/*.conf $(FUZZ_BUILD)/seeds/profile
	@tests/fuzz/seeds tests/vectors/aggregators.jsonl $(FUZZ_BUILD)/seeds/request
	@for f in $(FUZZ_FILES); do \
	    path=$${f#?}; letter=$${f%"$$path"}; \
	    { printf %s "$$letter"; cat conf/$$path; } > $(FUZZ_BUILD)/seeds/config/$$(basename $$path); \
	done
	@mkdir -p $(FUZZ_BUILD)/seeds/sheet
	@for l in hosts collaborators; do \
	    { printf i; build/release/hotlinectl -c conf/hotlined.conf export $$l; } > $(FUZZ_BUILD)/seeds/sheet/$$l.csv; \
	    { printf x; build/release/hotlinectl -c conf/hotlined.conf export $$l --format xlsx; } > $(FUZZ_BUILD)/seeds/sheet/$$l.xlsx; \
	done
.PHONY: fuzz-seeds

fuzz-build: $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz_%) $(FUZZ_BUILD)/secrets fuzz-seeds

# One target after the other; `make fuzz FUZZ_TARGETS=place` runs one alone.
fuzz: fuzz-build
	@rm -rf $(FUZZ_BUILD)/tree.*
	@for t in $(FUZZ_TARGETS); do \
	    dict=tests/fuzz/corpus/$$t.dict log=$(FUZZ_BUILD)/$$t.log; \
	    mkdir -p $(FUZZ_BUILD)/corpus/$$t $(FUZZ_BUILD)/seeds/$$t; \
	    if $(FUZZ_BUILD)/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=16384 -print_final_stats=1 \
	        $$(test -f $$dict && echo -dict=$$dict) -artifact_prefix=$(FUZZ_BUILD)/crash-$$t- \
	        $(FUZZ_BUILD)/corpus/$$t tests/fuzz/corpus/$$t $(FUZZ_BUILD)/seeds/$$t > $$log 2>&1; then \
	        echo "fuzz $$t: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$log) runs, nothing found"; \
	    else \
	        tail -n 40 $$log; echo "fuzz $$t: found something, see $$log"; exit 1; \
	    fi; \
	done
