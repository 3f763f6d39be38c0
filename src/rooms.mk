# What each room may include besides itself: arrows point one way, shell rooms do not include each other.
# The build links a room's tests with these, and `make lint` checks every #include against them.
core            := base config text places routing referral dialogue
allow_base      :=
allow_config    := base
allow_text      := base
allow_places    := base text
allow_routing   := base config text places
# What a network means for every commune: for those who edit it, so for hotlinectl alone.
allow_survey    := base config text places routing
allow_referral  := base config text places routing
allow_dialogue  := base config text places routing referral
allow_engine    := $(core)
allow_journal   := $(core) engine
allow_aggregator := $(core) engine
allow_courier   := $(core) engine
# The engine over a store in memory, for whoever wants to see what it would do.
allow_practice  := $(core) engine journal
allow_report    := $(core) engine
allow_intake    := base
# Tables in files that spreadsheets know.
allow_sheet     := base text
# Assembles a whole configuration out of every room that has one.
allow_snapshot  := $(core) engine aggregator courier
# The page to practise on: who may see it, its files, and what it asks for.
allow_web       := $(core) engine journal practice
# The pages with a map: their files, and what was found put into them.
allow_atlas     := base
# Hosts and collaborators as sheets, and from sheets a new network folder.
allow_lists     := $(core) engine aggregator courier snapshot sheet
ROOMS           := base config text places routing survey referral dialogue engine journal practice web atlas aggregator courier report intake snapshot sheet lists
