# Random walks through the real engine: make walk WALKS=1000000 SEED=1. What they broke is printed with the way to see it
# again. docs/robustness.md says what is checked. `make check` plays some with the sanitizers.
.PHONY: walk

WALKS ?= 100000
SEED  ?= 1
FROM  ?= 0
SIM_SRC := $(filter-out tests/sim/main.c tests/sim/walk_test.c,$(wildcard tests/sim/*.c))
SIM_OBJS := $(patsubst tests/sim/%.c,$(BUILD)/sim/%.o,$(SIM_SRC))

$(BUILD)/sim/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS_ALL) -Itests -c -o $@ $<
$(BUILD)/sim/walk: $(BUILD)/sim/main.o $(SIM_OBJS) $(ALL_OBJS)
	$(say)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/sim/walk_test: $(BUILD)/sim/walk_test.o $(SIM_OBJS) $(ALL_OBJS)
	$(say)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

walk: $(BUILD)/sim/walk
	@$(BUILD)/sim/walk --seed $(SEED) --from $(FROM) --walks $(WALKS) $(if $(VERBOSE),--verbose) $(if $(BUT),--but "$(BUT)")
